/// Why a text is not a document, or a schema or query not usable, with the place where it shows.
public struct XMLError: Error, Equatable, Sendable, CustomStringConvertible {
  /// What kind of trouble it is.
  public enum Reason: Equatable, Sendable {
    /// There was nothing to read.
    case empty
    /// The text has more bytes than ``XMLDocument/maximumSize``.
    case tooLarge(bytes: Int)
    /// The text is not well-formed XML, or breaks one of libxml2's limits; `code` is libxml2's `xmlParserErrors`.
    case notWellFormed(code: Int32)
    /// The document declares entities, elements or attributes of its own, which an untrusted text must not.
    case declaresOwnGrammar
    /// A RELAX NG schema could not be loaded; `code` is libxml2's.
    case unusableSchema(code: Int32)
    /// An XPath expression could not be evaluated; `code` is libxml2's.
    case unusableQuery(code: Int32)
    /// libxml2 could not get the memory it asked for.
    case outOfMemory
  }

  /// What kind of trouble it is.
  public let reason: Reason
  /// The file's name as it was given, nil for text without one.
  public let fileName: String?
  /// The line, from 1; 0 where no line can be told.
  public let line: Int
  /// The column in bytes, from 1; 0 where no column can be told.
  public let column: Int
  /// What is wrong, without the place.
  public let message: String

  init(_ reason: Reason, fileName: String?, line: Int = 0, column: Int = 0, _ message: String) {
    self.reason = reason
    self.fileName = fileName
    self.line = line
    self.column = column
    self.message = message
  }

  /// `file:line:column: message`, leaving out what is not known.
  public var description: String {
    var place = fileName ?? "XML text"
    if line > 0 {
      place += ":\(line)"
      if column > 0 { place += ":\(column)" }
    }
    return "\(place): \(message)"
  }
}
