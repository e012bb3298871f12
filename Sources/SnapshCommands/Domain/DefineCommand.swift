import CommandGrammar
import Libvirt

/// `define FILE`: makes a domain known to libvirt without starting it.
struct DefineCommand: VirshCommand {
  private static let file = Option.required(
    "file", completes: .file, help: "file containing an XML domain description")
  private static let validate = Option.flag("validate", help: "validate the XML against the schema")

  static let grammar = CommandGrammar(
    name: "define", group: "domain", abstract: "define (but don't start) a domain from an XML file",
    discussion: "Define a domain.", options: [file, validate],
    examples: [
      ("snapsh define guest.xml --validate", "Define a guest from a document that libvirt's schema accepts.")
    ])

  private let file: String
  private let flags: DomainDefineFlags

  init(_ arguments: ParsedArguments) throws {
    file = try arguments[Self.file]
    flags = try arguments[Self.validate] ? .validate : []
  }

  func run(in session: Session) throws -> any CommandResult {
    let xml = try XMLFile(path: file).text()
    let connection = try session.connection()
    do {
      let domain = try connection.defineDomain(xml: xml, flags)
      return Sentence(
        "Domain '\(domain.name)' defined from \(file)\n",
        fields: DomainAction(domain: domain.name, uuid: try domain.uuid(), action: "defined"))
    } catch {
      throw CommandFailure("Failed to define domain from \(file)", cause: error)
    }
  }
}
