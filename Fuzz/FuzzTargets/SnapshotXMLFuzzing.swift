import SnapshotXML
import XMLTree

enum SnapshotXMLFuzzing {
  static func run(_ bytes: UnsafeRawBufferPointer) {
    let text = [UInt8](bytes)
    guard let document = try? XMLDocument.parse(text) else { return }
    for mode in SnapshotDocument.Mode.allCases {
      for allowMirrors in [true, false] {
        let problems = SnapshotXMLRules.problems(in: document, mode: mode, allowMirrors: allowMirrors)
        guard let snapshot = try? SnapshotDocument(document, mode: mode, allowMirrors: allowMirrors) else {
          precondition(!problems.isEmpty, "refused without a problem")
          continue
        }
        // libvirt leaves a time of 0 out when it writes, and wants one when it reads what it wrote.
        if snapshot.creationTime == 0 { continue }
        // So does it with the protocol of a network disk that has no source: it writes 'none', and takes no 'none'.
        let disks = snapshot.disks + snapshot.revertDisks
        if disks.contains(where: { $0.storageType == .network && $0.source?.network == nil }) { continue }
        if problems.isEmpty { roundTrip(snapshot, mode, allowMirrors) }
      }
    }
  }

  /// What is written can be read, and says the same when it is written again.
  private static func roundTrip(
    _ snapshot: SnapshotDocument, _ mode: SnapshotDocument.Mode, _ allowMirrors: Bool
  ) {
    let written = snapshot.bytes()
    do {
      let again = try SnapshotDocument.parse(written, mode: mode, allowMirrors: allowMirrors)
      precondition(again.bytes() == written, "another text after a round trip")
    } catch {
      preconditionFailure(
        "what was written cannot be read: \(error)\n\(String(decoding: written, as: UTF8.self))")
    }
  }
}
