import XMLTree

/// One thing that is wrong with a snapshot document, at the place where it is.
public struct SnapshotProblem: Equatable, Sendable {
  /// Which examination found it.
  public enum Check: String, Sendable {
    /// The text is no document that may be read.
    case xml
    /// Our schema of the snapshot, or libvirt 9.0's.
    case schema
    /// libvirt's schema of the guest's definition inside.
    case domainSchema = "domain-schema"
    /// The rules of libvirt's parser, which no schema can tell.
    case rules
    /// Reading what was written gives something else.
    case roundTrip = "roundtrip"
  }

  /// Which examination found it.
  public let check: Check
  /// The line, from 1; 0 where none can be told.
  public let line: Int
  /// The column in bytes, from 1; 0 where none can be told.
  public let column: Int
  /// The element, such as `/domainsnapshot/disks/disk[2]`; empty where none can be told.
  public let elementPath: String
  /// The reason in one sentence.
  public let message: String

  /// Makes a problem.
  public init(
    _ check: Check, line: Int = 0, column: Int = 0, elementPath: String = "", _ message: String
  ) {
    self.check = check
    self.line = line
    self.column = column
    self.elementPath = elementPath
    self.message = message
  }

  /// What the parser of XML refused.
  public init(_ error: XMLError) {
    self.init(.xml, line: error.line, column: error.column, error.message)
  }
}
