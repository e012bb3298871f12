import CommandGrammar
import SystemPackage

/// `manual DIRECTORY`: writes the manual pages; what `make install` runs.
struct ManualCommand: Command {
  private static let directory = Option.required(
    "directory", completes: .file, help: "an existing directory; pages in it are replaced")

  static let grammar = CommandGrammar(
    name: "manual", group: "tool", abstract: "write the manual pages",
    discussion: "Writes snapsh.1 and one page for each command, made from the same grammar as the help.",
    options: [directory],
    examples: [("snapsh manual /usr/local/share/man/man1", "Install the manual pages.")])

  private let directory: FilePath

  init(_ arguments: ParsedArguments) throws {
    directory = FilePath(try arguments[Self.directory])
  }

  func run(in session: Session) throws -> any CommandResult {
    for page in Self.pages() {
      let path = directory.appending(page.fileName)
      do {
        let file = try FileDescriptor.open(
          path, .writeOnly, options: [.create, .truncate],
          permissions: [.ownerReadWrite, .groupRead, .otherRead])
        try file.closeAfter { _ = try file.writeAll(page.text.utf8) }
      } catch let error as Errno {
        throw CommandFailure("cannot write the manual page \(path): \(error)")
      }
    }
    return Result(directory: directory.string, pages: Self.pages().map(\.fileName))
  }

  static func pages() -> [ManPage] {
    let table = CommandRegistry.table
    let tool = ManPage(
      of: table, tool: "snapsh", version: Tool.version,
      abstract: "the snapshots and backups of libvirt guests",
      options: GlobalOptions.help)
    return [tool] + table.commands.map { ManPage(of: $0, tool: "snapsh", version: Tool.version) }
  }

  /// The pages that were written.
  struct Result: CommandResult {
    let directory: String
    let pages: [String]

    func render(into text: inout TextOutput) {
      text.printExtra("\(pages.count) manual pages written to \(directory)\n")
    }
  }
}
