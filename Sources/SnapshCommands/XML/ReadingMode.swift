import CommandGrammar
import SnapshotXML

/// The option that says how libvirt's parser is to read a document.
enum ReadingMode {
  static let option = Option<String?>.text(
    "mode", namedOnly: true, completes: .words(["auto", "create", "redefine", "internal"]),
    help: "how libvirt would read the document: auto (default), create, redefine or internal")

  /// What the modes mean, for the help of each command that has them.
  static let discussion = """
    --mode create reads the document as a request for a new snapshot, where libvirt looks at name, description,
    memory and disks only; redefine as a snapshot that existed before, which must have a name, a state and a creation
    time; internal as one of libvirt's own metadata files, which must have <active> too. auto chooses internal where
    <state>, <creationTime> and <active> are there, redefine where the first two are, and otherwise requires
    nothing but checks everything that is there.
    """

  /// The mode that was asked for, nil for the one that fits each document.
  static func read(_ arguments: ParsedArguments) throws -> SnapshotDocument.Mode? {
    switch try arguments[option] ?? "auto" {
    case "auto": nil
    case "create": .create
    case "redefine": .redefine
    case "internal": .internalMetadata
    case let other:
      throw CommandFailure(
        "unknown mode '\(other)': choose one of auto, create, redefine, internal", exitStatus: 2)
    }
  }

  static func isGiven(_ arguments: ParsedArguments) throws -> Bool { try arguments[option] != nil }
}
