import CommandGrammar
import Glibc
import SystemPackage

/// `pwd`: the directory that relative file names start from.
struct PrintWorkingDirectoryCommand: Command {
  static let grammar = CommandGrammar(
    name: "pwd", group: "tool", abstract: "print the current directory",
    discussion: "Print the current directory.",
    examples: [("snapsh pwd", "Print where relative file names start.")])

  static let endsWithBlankLine = true

  init(_ arguments: ParsedArguments) throws {}

  func run(in session: Session) throws -> any CommandResult {
    guard let buffer = getcwd(nil, 0) else {
      throw CommandFailure("pwd: cannot get current directory: \(Errno(rawValue: errno).description)")
    }
    defer { free(buffer) }
    return HostTextResult(key: "directory", text: String(cString: buffer) + "\n")
  }
}

/// `cd [DIRECTORY]`: changes it, for the commands that follow in the shell.
struct ChangeDirectoryCommand: Command {
  private static let directory = Option.text(
    "dir", completes: .file, help: "directory to switch to (default: home or else root)")

  static let grammar = CommandGrammar(
    name: "cd", group: "tool", abstract: "change the current directory",
    discussion: "Change the current directory.",
    options: [directory],
    examples: [("snapsh cd /images", "Name files from here on without their directory.")])

  static let endsWithBlankLine = true

  private let directory: String?

  init(_ arguments: ParsedArguments) throws {
    directory = try arguments[Self.directory]
  }

  func run(in session: Session) throws -> any CommandResult {
    guard session.isShell else { throw CommandFailure("cd: command valid only in interactive mode") }
    let target = directory ?? session.environment["HOME"] ?? "/"
    guard chdir(target) == 0 else {
      throw CommandFailure("cd: \(target): \(Errno(rawValue: errno).description)")
    }
    return Sentence("", fields: ["directory": target])
  }
}
