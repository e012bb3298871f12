import Libvirt
import XMLTree

/// What a list says of a snapshot, read from the document that libvirt keeps of it.
public struct SnapshotRecord: Equatable, Sendable {
  /// Where a snapshot's data is.
  public enum Location: String, Encodable, Sendable {
    /// Inside the disk images.
    case `internal`
    /// In files of its own: memory, or a disk's overlay.
    case external
  }

  /// The snapshot's name.
  public let name: String
  /// The name of the snapshot it was taken on top of; `nil` for a root.
  public let parent: String?
  /// The guest's state at that instant, in libvirt's words: `running`, `shutoff`, `disk-snapshot`, …
  public let state: String
  /// The instant it was taken at, in seconds since 1970; 0 where libvirt does not know.
  public let creationTime: Int64
  /// Where its data is.
  public let location: Location

  /// Reads a snapshot's document.
  ///
  /// - Throws: libvirt's error, or `XMLError`.
  public init(of snapshot: DomainSnapshot) throws {
    try self.init(xml: snapshot.xml())
  }

  /// Reads a document.
  ///
  /// - Throws: `XMLError` when the text is not a document.
  public init(xml: String) throws(XMLError) {
    let root = try XMLDocument.parse(xml).root
    name = root.firstElement(named: "name")?.stringValue ?? ""
    parent = root.firstElement(named: "parent")?.firstElement(named: "name")?.stringValue
    state = root.firstElement(named: "state")?.stringValue ?? ""
    creationTime = root.firstElement(named: "creationTime").flatMap { Int64($0.stringValue) } ?? 0
    let disks = root.elements(named: "disks").flatMap(\.elements)
    let parts = [root.firstElement(named: "memory")].compactMap { $0 } + disks
    location = parts.contains { $0.attribute("snapshot") == "external" } ? .external : .internal
  }
}
