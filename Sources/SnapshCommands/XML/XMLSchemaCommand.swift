import CommandGrammar

/// `xml schema`: prints a schema, or where the schemas are.
struct XMLSchemaCommand: Command {
  private static let name = Option<String?>.text(
    "name", help: "the schema, as --list names it; domainsnapshot.rng where left out")
  private static let list = Option.flag("list", help: "list the schemas and where they are")

  static let grammar = CommandGrammar(
    name: "xml schema", group: "xml", abstract: "print the schemas of snapshot XML",
    discussion: """
      Prints the RELAX NG schema of <domainsnapshot>, or the one named. The schemas are found beside the
      installed program (share/snapsh/schemas), in the source tree it was built in, or in the directory that the
      variable \(SchemaDirectory.variable) names.
      """,
    options: [name, list], exitStatuses: [2: "a schema cannot be found or read"],
    examples: [
      ("snapsh xml schema --list", "Where the schemas are."),
      (
        "xmllint --noout --relaxng \"$(snapsh -q xml schema --list | head -1)\" s1.xml",
        "Another tool, the same schema."
      ),
    ])

  private let wanted: String?
  private let lists: Bool

  init(_ arguments: ParsedArguments) throws {
    wanted = try arguments[Self.name]
    lists = try arguments[Self.list]
    guard wanted == nil || !lists else {
      throw CommandFailure("Options --list and --name are mutually exclusive", exitStatus: 2)
    }
  }

  func run(in session: Session) throws -> any CommandResult {
    do {
      let directory = try SchemaDirectory(environment: session.environment)
      let names = try directory.names()
      if lists { return SchemaList(schemas: names.map { .init(name: $0, path: directory.path(of: $0)) }) }
      let name = wanted ?? SchemaDirectory.mainSchema
      guard names.contains(name) else { throw SchemaDirectoryError.noSuchSchema(name) }
      let path = directory.path(of: name)
      let text = String(decoding: try DocumentFile(name: path).bytes(), as: UTF8.self)
      return SchemaText(name: name, path: path, text: text)
    } catch {
      throw CommandFailure("the schemas cannot be shown", cause: error, exitStatus: 2)
    }
  }
}

/// The schemas and where they are; the text has one path a line, the main schema first.
private struct SchemaList: CommandResult {
  struct Schema: Encodable {
    let name: String
    let path: String
  }

  let schemas: [Schema]

  func render(into text: inout TextOutput) {
    let width = schemas.map(\.name.count).max() ?? 0
    for schema in schemas {
      let gap = String(repeating: " ", count: width - schema.name.count + 2)
      text.printExtra(schema.name + gap)
      text.print(schema.path + "\n")
    }
  }
}

/// One schema.
private struct SchemaText: CommandResult {
  let name: String
  let path: String
  let text: String

  func render(into output: inout TextOutput) {
    output.print(text)
  }
}
