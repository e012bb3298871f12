import CommandGrammar
import Foundation
import TestSupport
import Testing

@testable import SnapshCommands

@Suite("Every command is documented, for people and for programs")
struct CommandTreeTests {
  private static let commands = CommandRegistry.table.commands.map(\.name)

  private func grammar(_ name: String) throws -> CommandGrammar {
    try #require(CommandRegistry.table[name])
  }

  @Test("the name it is found by is the name it tells, and no other command has it")
  func names() {
    #expect(CommandRegistry.commands.map(\.name) == CommandRegistry.commands.map { $0.type.grammar.name })
    #expect(Set(Self.commands).count == Self.commands.count)
  }

  @Test("help says what it does, how it is used, how it ends, and gives an example", arguments: commands)
  func help(name: String) throws {
    let command = try grammar(name)
    #expect(!command.abstract.isEmpty && !command.abstract.contains("\n"))
    #expect(!command.discussion.isEmpty)
    #expect(CommandRegistry.groups.contains { $0.keyword == command.group })
    for option in command.options { #expect(!option.help.isEmpty, "--\(option.name)") }
    #expect(command.allExitStatuses.prefix(2).map(\.status) == [0, 1])
    for (_, meaning) in command.allExitStatuses { #expect(!meaning.isEmpty) }
    #expect(!command.examples.isEmpty, "no example")
    for (line, purpose) in command.examples {
      #expect(line.contains("snapsh ") && line.contains(" \(name)"))
      #expect(purpose.hasSuffix(".") && purpose.first?.isUppercase == true, "no sentence: \(purpose)")
    }
    let help = HelpText.help(for: command)
    for section in ["NAME", "SYNOPSIS", "DESCRIPTION", "EXIT STATUS", "EXAMPLES"] {
      #expect(help.contains("\n  \(section)\n") || help.hasPrefix("  \(section)\n"))
    }
  }

  @Test("there is a manual page with the exit statuses, an example and the schema", arguments: commands)
  func manualPage(name: String) throws {
    let fileName = "snapsh-\(name.replacing(" ", with: "-")).1"
    let page = try #require(ManualCommand.pages().first { $0.fileName == fileName })
    for section in ["NAME", "SYNOPSIS", "DESCRIPTION", "EXIT STATUS", "EXAMPLES", "JSON"] {
      #expect(page.text.contains(".SH \(section)\n"))
    }
    let schema = try grammar(name).schemaFileName.replacing("-", with: "\\-")
    #expect(page.text.contains(".I share/doc/snapsh/schemas/\(schema)\n"))
  }

  @Test("a shell completes its name, its options, and the values that are names", arguments: commands)
  func completion(name: String) throws {
    let command = try grammar(name)
    let words = name.split(separator: " ").map(String.init)
    #expect(
      Completion(after: words.dropLast(), partial: words.last ?? "", in: CommandRegistry.table).words
        .contains(words.last ?? ""))
    let options = Completion(after: words, partial: "--", in: CommandRegistry.table).words
    #expect(options == command.options.map { "--\($0.name)" })
    let sources: [String: CompletionSource] = [
      "domain": .domain, "snapshotname": .snapshot, "checkpointname": .checkpoint, "file": .file,
    ]
    let naming = command.options.filter { option in
      // What does not exist yet cannot be completed.
      !option.help.contains("new ") && option.takesValue
        && !(name.hasSuffix("create-as") && option.name != "domain")
    }
    for option in naming {
      if let source = sources[option.name] { #expect(option.completion == source, "--\(option.name)") }
    }
  }

  @Test("there is a JSON Schema of what --json prints, strict and documented", arguments: commands)
  func schema(name: String) throws {
    let schema = JSONSchema(try grammar(name).schemaFileName, in: ScriptContract.directory)
    #expect(try schema.problemsOfItsOwn() == [])
  }

  @Test("no schema is left of a command that there is no more, and the shared ones are strict too")
  func schemaFiles() throws {
    let files = try FileManager.default.contentsOfDirectory(atPath: ScriptContract.directory)
    let commands = Set(CommandRegistry.table.commands.map(\.schemaFileName))
    #expect(Set(files.filter { $0.hasSuffix(".json") }).subtracting(commands) == [])
    for file in try FileManager.default.contentsOfDirectory(atPath: ScriptContract.directory + "/shared") {
      #expect(try JSONSchema("shared/\(file)", in: ScriptContract.directory).problemsOfItsOwn() == [])
    }
  }
}
