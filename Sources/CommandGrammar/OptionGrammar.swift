/// What one option of a command looks like on the command line, whatever type its value has.
///
/// The grammar is virsh's: every option that takes a value may also be given by its place, in the order of
/// declaration, unless it is ``isNamedOnly``.
public struct OptionGrammar: Sendable, Hashable {
  /// The shape of an option's value.
  public enum Shape: Sendable, Hashable {
    /// `--name`, present or not.
    case flag
    /// `--name VALUE`, any text.
    case text
    /// `--name VALUE`, a decimal number.
    case number
    /// Every remaining word, or `--name VALUE` again and again.
    case repeated
  }

  /// The name behind the two dashes.
  public let name: String
  /// A letter that stands for the option behind one dash; virsh's own commands have none.
  public let letter: Character?
  public let shape: Shape
  /// Without it the command is not run.
  public let isRequired: Bool
  /// Never filled by a word that stands alone.
  public let isNamedOnly: Bool
  /// An empty value is a value; otherwise it is refused when it is read.
  public let acceptsEmpty: Bool
  /// Whether the option is written `<name>` in the synopsis rather than `--name <string>`.
  public let isPositional: Bool
  /// What stands in the help, in one line.
  public let help: String
  /// Where a shell finds the values that can stand here.
  public let completion: CompletionSource

  /// Whether a word must follow the option's name.
  public var takesValue: Bool { shape != .flag }

  /// What help and errors call the value.
  public var valueName: String { shape == .number ? "number" : "string" }
}

/// Where a shell finds the values of an option.
public enum CompletionSource: Sendable, Hashable {
  /// Nothing is known of the values.
  case none
  /// Names of domains.
  case domain
  /// Names of the snapshots of the domain named before.
  case snapshot
  /// Names of the checkpoints of the domain named before.
  case checkpoint
  /// Targets of the disks of the domain named before.
  case disk
  /// Names of storage pools.
  case pool
  /// Files and directories.
  case file
  /// One of these words.
  case words([String])
}
