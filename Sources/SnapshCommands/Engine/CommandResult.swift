/// What a command found or did: one value with two renderings, text for people and JSON for programs.
public protocol CommandResult: Encodable, Sendable {
  /// Writes the text rendering.
  ///
  /// - Parameter text: Takes the text.
  func render(into text: inout TextOutput)

  /// The exit status the process ends with if this is its last command; 0 unless the command documents others.
  var exitStatus: Int32 { get }

  /// Whether the command's data has gone to standard output, so that the result is printed to standard error.
  var leavesOutputAlone: Bool { get }
}

extension CommandResult {
  public var exitStatus: Int32 { 0 }
  public var leavesOutputAlone: Bool { false }
}

/// The text rendering of a result as it is put together.
public struct TextOutput: Sendable {
  /// `-q`: only what was asked for, no headings and no sentences.
  public let isQuiet: Bool
  /// The text so far.
  public private(set) var text = ""

  /// - Parameter isQuiet: Leaves out what is printed with ``printExtra(_:)``.
  public init(isQuiet: Bool) {
    self.isQuiet = isQuiet
  }

  /// Adds text that is always wanted.
  ///
  /// - Parameter text: Added as it is, without a newline.
  public mutating func print(_ text: String) {
    self.text += text
  }

  /// Adds text that `-q` leaves out: headings, and sentences that say what has been done.
  ///
  /// - Parameter text: Added as it is, without a newline.
  public mutating func printExtra(_ text: String) {
    if !isQuiet { self.text += text }
  }
}
