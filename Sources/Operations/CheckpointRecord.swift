import Libvirt
import XMLTree

/// What a list says of a checkpoint, read from the document that libvirt keeps of it.
public struct CheckpointRecord: Equatable, Sendable {
  /// The checkpoint's name.
  public let name: String
  /// The name of the checkpoint made before it; `nil` for a root.
  public let parent: String?
  /// The instant it stands for, in seconds since 1970; 0 where libvirt does not know.
  public let creationTime: Int64

  /// Reads a checkpoint's document.
  ///
  /// - Throws: libvirt's error, or `XMLError`.
  public init(of checkpoint: DomainCheckpoint) throws {
    let root = try XMLDocument.parse(checkpoint.xml(.noDomain)).root
    name = root.firstElement(named: "name")?.stringValue ?? ""
    parent = root.firstElement(named: "parent")?.firstElement(named: "name")?.stringValue
    creationTime = root.firstElement(named: "creationTime").flatMap { Int64($0.stringValue) } ?? 0
  }
}
