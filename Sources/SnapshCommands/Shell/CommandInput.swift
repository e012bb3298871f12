import Glibc

/// Where the shell's lines come from.
public protocol CommandInput {
  /// Whether somebody types: then there is a prompt, a history, and a mistake does not end the shell.
  var isInteractive: Bool { get }

  /// The next line without its newline; `nil` at the end.
  func nextLine() -> String?
}

/// The process's standard input.
public struct StandardInput: CommandInput {
  /// Standard input as it is when it is read.
  public init() {}

  public var isInteractive: Bool {
    isatty(STDIN_FILENO) == 1
  }

  public func nextLine() -> String? {
    readLine()
  }
}
