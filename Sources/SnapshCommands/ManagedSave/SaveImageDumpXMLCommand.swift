import CommandGrammar

/// `save-image-dumpxml FILE`: the document inside a file that a save has written.
struct SaveImageDumpXMLCommand: VirshCommand {
  private static let file = Option.required("file", completes: .file, help: "saved state file to read")

  static let grammar = CommandGrammar(
    name: "save-image-dumpxml", group: "domain", abstract: "saved state domain information in XML",
    discussion: "Dump XML of domain information for a saved state file to stdout.",
    options: [file, DomainOption.securityInformation, DomainOption.xpath, DomainOption.wrap],
    examples: [
      (
        "snapsh save-image-dumpxml /images/guest.save --xpath //disk/source",
        "Print which disks a save needs."
      )
    ])

  private let arguments: ParsedArguments

  init(_ arguments: ParsedArguments) throws {
    self.arguments = arguments
  }

  func run(in session: Session) throws -> any CommandResult {
    let secure = try arguments[DomainOption.securityInformation]
    return try XMLSelection(
      of: session.connection().saveImageXML(of: arguments[Self.file], secure: secure),
      xpath: arguments[DomainOption.xpath], wraps: arguments[DomainOption.wrap])
  }
}
