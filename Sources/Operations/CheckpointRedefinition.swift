import Libvirt
import XMLTree

/// Changing what libvirt keeps of a checkpoint.
public enum CheckpointRedefinition {
  /// Puts another document in a checkpoint's place; the name must stay, because the disks' bitmaps bear it.
  ///
  /// - Throws: ``CheckpointRenameError`` before anything is changed, libvirt's error, or `XMLError`.
  public static func redefine(_ checkpoint: DomainCheckpoint, as xml: String) throws {
    let old = checkpoint.name
    let new = try XMLDocument.parse(xml).root.firstElement(named: "name")?.stringValue
    if let new, new != old { throw CheckpointRenameError(old: old, new: new) }
    _ = try checkpoint.domain.createCheckpoint(xml: xml, .redefine)
  }
}

/// An edited document that bears another checkpoint's name.
public struct CheckpointRenameError: Error, Equatable, CustomStringConvertible {
  /// The checkpoint's name.
  public let old: String
  /// The name in the document.
  public let new: String

  public var description: String { "Cannot rename checkpoint \(old) to \(new)" }
}
