import CommandGrammar
import Libvirt

/// `save-image-define FILE XML`: replaces the document inside a file that a save has written.
struct SaveImageDefineCommand: VirshCommand {
  private static let file = Option.required("file", completes: .file, help: "saved state file to modify")
  private static let xml = Option.required(
    "xml", completes: .file, help: "filename containing updated XML for the target")
  private static let later = SaveOption.later("restore")

  static let grammar = CommandGrammar(
    name: "save-image-define", group: "domain",
    abstract: "redefine the XML for a domain's saved state file",
    discussion: "Replace the domain XML associated with a saved state file",
    options: [file, xml, later.running, later.paused],
    examples: [
      ("snapsh save-image-define /images/guest.save moved.xml", "Tell a save where its disks are now.")
    ])

  private let file: String
  private let xmlFile: String
  private let flags: DomainSaveFlags

  init(_ arguments: ParsedArguments) throws {
    file = try arguments[Self.file]
    xmlFile = try arguments[Self.xml]
    flags = try Self.later.flags(in: arguments)
  }

  func run(in session: Session) throws -> any CommandResult {
    let xml = try XMLFile(path: xmlFile).text()
    do {
      try session.connection().defineSaveImage(file, xml: xml, flags)
    } catch let error as LibvirtError {
      throw CommandFailure("Failed to update \(file)", cause: error)
    }
    return Sentence("State file \(file) updated.\n", fields: ["file": file, "action": "defined"])
  }
}
