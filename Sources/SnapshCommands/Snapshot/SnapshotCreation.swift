import CommandGrammar
import Libvirt

/// What `snapshot-create` and `snapshot-create-as` share.
enum SnapshotCreation {
  private static let flagTable: [(option: Option<Bool>, flag: SnapshotCreateFlags)] = [
    (.flag("no-metadata", help: "take snapshot but create no metadata"), .noMetadata),
    (.flag("halt", help: "halt domain after snapshot is created"), .halt),
    (.flag("disk-only", help: "capture disk state but not vm state"), .diskOnly),
    (.flag("reuse-external", help: "reuse any existing external files"), .reuseExternal),
    (.flag("quiesce", help: "quiesce guest's file systems"), .quiesce),
    (.flag("atomic", help: "require atomic operation"), .atomic),
    (.flag("live", help: "take a live snapshot"), .live),
    (.flag("validate", help: "validate the XML against the schema"), .validate),
  ]

  /// The flags, in the order of virsh's help.
  static let flagOptions: [any DeclaredOption] = flagTable.map(\.option)

  static func flags(in arguments: ParsedArguments) throws -> SnapshotCreateFlags {
    var flags: SnapshotCreateFlags = []
    for entry in flagTable where try arguments[entry.option] { flags.insert(entry.flag) }
    return flags
  }

  /// What is said of a snapshot that has been taken; `source` is the document's file, where there was one.
  static func result(of snapshot: DomainSnapshot, source: String?) -> Sentence<SnapshotAction> {
    let origin = source.map { " from '\($0)'" } ?? ""
    return Sentence(
      "Domain snapshot \(snapshot.name) created\(origin)",
      fields: SnapshotAction(
        domain: snapshot.domain.name, snapshot: snapshot.name, action: "created"))
  }
}
