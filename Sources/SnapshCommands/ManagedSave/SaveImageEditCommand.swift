import CommandGrammar
import Libvirt

/// `save-image-edit FILE`: the document inside a file that a save has written, in an editor.
struct SaveImageEditCommand: VirshCommand {
  private static let file = Option.required("file", completes: .file, help: "saved state file to edit")
  private static let later = SaveOption.later("restore")

  static let grammar = CommandGrammar(
    name: "save-image-edit", group: "domain", abstract: "edit XML for a domain's saved state file",
    discussion: "Edit the domain XML associated with a saved state file",
    options: [file, later.running, later.paused],
    examples: [("snapsh save-image-edit /images/guest.save", "Change what a save is restored with.")])

  private let file: String
  private let flags: DomainSaveFlags

  init(_ arguments: ParsedArguments) throws {
    file = try arguments[Self.file]
    flags = try Self.later.exclusiveFlags(in: arguments)
  }

  func run(in session: Session) throws -> any CommandResult {
    let connection = try session.connection()
    let original = try connection.saveImageXML(of: file, secure: true)
    let edit = DocumentEdit(failure: "Failed to update \(file)", session: session)
    let changed = try edit.run(
      original, current: { try connection.saveImageXML(of: file, secure: true) },
      define: { try connection.defineSaveImage(file, xml: $0, flags) })
    return Sentence(
      changed
        ? "State file \(file) edited.\n" : "Saved image \(file) XML configuration not changed.\n",
      fields: ["file": file, "action": changed ? "edited" : "none"])
  }
}
