import Libvirt
import XMLTree

/// Changes of a snapshot's metadata by defining it anew.
public enum SnapshotRedefinition {
  /// What becomes of a snapshot whose document has another name.
  public enum Naming: Sendable {
    /// The name must stay.
    case stays
    /// The snapshot gets the name: the metadata under the old one goes.
    case moves
    /// A second snapshot comes to be, beside the first.
    case copies
  }

  /// Makes a snapshot its domain's current one; nothing else about either changes.
  ///
  /// - Throws: libvirt's error; the metadata is then as it was.
  public static func makeCurrent(_ snapshot: DomainSnapshot) throws(LibvirtError) {
    let xml = try snapshot.xml(.secure)
    _ = try snapshot.domain.createSnapshot(xml: xml, [.redefine, .current, stateFlags(of: xml)])
  }

  /// Replaces what is written down of a snapshot.
  ///
  /// - Parameters:
  ///   - snapshot: The snapshot as it is.
  ///   - xml: Its new document.
  ///   - naming: What another name in the document means.
  ///   - makesCurrent: Whether it becomes its domain's current snapshot too.
  /// - Returns: The snapshot of the document's name.
  /// - Throws: ``SnapshotRenameError`` before anything is changed; else libvirt's error.
  public static func redefine(
    _ snapshot: DomainSnapshot, as xml: String, naming: Naming, makingCurrent makesCurrent: Bool
  ) throws -> DomainSnapshot {
    let old = snapshot.name
    let named = try? SnapshotRecord(xml: xml).name
    if naming == .stays, let named, !named.isEmpty, named != old {
      throw SnapshotRenameError(old: old, new: named)
    }
    var flags: SnapshotCreateFlags = [.redefine, stateFlags(of: try snapshot.xml(.secure))]
    if makesCurrent { flags.insert(.current) }
    let redefined = try snapshot.domain.createSnapshot(xml: xml, flags)
    if naming == .moves && redefined.name != old { try snapshot.delete(.metadataOnly) }
    return redefined
  }

  /// Replaces what is written down of a snapshot, by a document of ours.
  ///
  /// - Parameters:
  ///   - xml: The document, with the name of a snapshot that there is or was.
  ///   - domain: Its domain.
  ///   - flags: `.current` makes it the domain's current snapshot too.
  /// - Throws: libvirt's error.
  static func replaceDocument(
    _ xml: String, of domain: Domain, _ flags: SnapshotCreateFlags = []
  ) throws(LibvirtError) {
    _ = try domain.createSnapshot(xml: xml, flags.union([.redefine, stateFlags(of: xml)]))
  }

  /// libvirt tells a disk-only snapshot by the flag, not by the document.
  private static func stateFlags(of xml: String) -> SnapshotCreateFlags {
    (try? SnapshotRecord(xml: xml).state) == "disk-snapshot" ? .diskOnly : []
  }
}

/// A document with another name than the snapshot it was to change.
public struct SnapshotRenameError: Error, Equatable, CustomStringConvertible {
  /// The snapshot's name.
  public let old: String
  /// The document's name.
  public let new: String

  public var description: String { "Must use --rename or --clone to change \(old) to \(new)" }
}
