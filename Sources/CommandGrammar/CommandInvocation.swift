/// One command of a command line, found and parsed, ready to be run.
public struct CommandInvocation: Sendable {
  /// What the words behind the command's name say.
  struct Arguments: Sendable {
    var values = ParsedArguments()
    var wantsHelp = false
    var wantsJSON = false
  }

  public let grammar: CommandGrammar
  public let arguments: ParsedArguments
  /// `--help` was among the words: the help is wanted, the command is not.
  public let wantsHelp: Bool
  /// `--json` was among the words.
  public let wantsJSON: Bool

  init(_ grammar: CommandGrammar, _ arguments: Arguments) {
    self.grammar = grammar
    self.arguments = arguments.values
    wantsHelp = arguments.wantsHelp
    wantsJSON = arguments.wantsJSON
  }
}
