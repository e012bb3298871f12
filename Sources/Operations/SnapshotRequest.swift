import Libvirt
import SnapshotXML
import XMLTree

/// A wish for a snapshot, as a `<domainsnapshot>` document and flags, on its way to libvirt.
public struct SnapshotRequest: Sendable {
  private let xml: String
  private let flags: SnapshotCreateFlags

  /// - Parameters:
  ///   - xml: The document, as UTF-8 text.
  ///   - flags: How the snapshot is taken.
  public init(xml: String, _ flags: SnapshotCreateFlags) {
    self.xml = xml
    self.flags = flags
  }

  /// Takes the snapshot, or redefines one.
  ///
  /// libvirt 9.0 drops a `<mirror>` without a word, and a guest believed to be mirrored would not be: a request
  /// that holds one is refused here. libvirt's refusal of flags stands: nothing is ever emulated by stopping the guest.
  /// - Throws: libvirt's error, or one in its shape for a mirror.
  public func create(on domain: Domain) throws(LibvirtError) -> DomainSnapshot {
    if let refusal = mirrorRefusal { throw refusal }
    return try domain.createSnapshot(xml: xml, flags)
  }

  /// What our own reader says of a mirror. Any other fault, a text that is no document included, is left for libvirt to tell.
  private var mirrorRefusal: LibvirtError? {
    guard let document = try? XMLDocument.parse(xml) else { return nil }
    let mode: SnapshotDocument.Mode = flags.contains(.redefine) ? .redefine : .create
    return SnapshotXMLRules.problems(in: document, mode: mode, allowMirrors: false)
      .first { $0.code == .argumentUnsupported }
      .map { problem in
        LibvirtError(
          code: .argumentUnsupported, domain: .init(rawValue: problem.domain.rawValue),
          message: problem.message)
      }
  }
}

extension LibvirtError {
  /// Refuses to mirror a disk, in the words of the proposal that `<mirror>` comes from.
  public static func mirroringUnsupported(disk: String) -> LibvirtError {
    LibvirtError(
      code: .argumentUnsupported, domain: .domainSnapshot,
      message: "argument unsupported: unable to handle mirroring for '\(disk)'")
  }
}
