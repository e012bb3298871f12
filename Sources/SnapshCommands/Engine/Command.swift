import CommandGrammar

/// A command as a value: made from its arguments, run once, giving one result.
///
/// No rule of the trade lives in a command: it reads its arguments, calls one operation and returns the result.
public protocol Command: SendableMetatype {
  /// The command's name, options and help.
  static var grammar: CommandGrammar { get }
  /// Whether the hypervisor connection is opened before the command is made.
  static var needsConnection: Bool { get }
  /// virsh ends the output of each of its commands with an empty line, even after a failure, unless `-q` is given.
  static var endsWithBlankLine: Bool { get }

  /// Reads the arguments.
  ///
  /// - Parameter arguments: What the grammar has let through.
  /// - Throws: `ArgumentError` and what else is wrong with the values, before anything is touched.
  init(_ arguments: ParsedArguments) throws

  /// Does the work.
  ///
  /// - Parameter session: Connection, console and global options.
  /// - Throws: ``CommandFailure`` or the error of the module that failed.
  /// - Returns: What is to be printed.
  func run(in session: Session) throws -> any CommandResult
}

extension Command {
  public static var needsConnection: Bool { false }
  public static var endsWithBlankLine: Bool { false }
}

/// A command that virsh has too: needs a connection and follows virsh's conventions of output.
public protocol VirshCommand: Command {}

extension VirshCommand {
  public static var needsConnection: Bool { true }
  public static var endsWithBlankLine: Bool { true }
}
