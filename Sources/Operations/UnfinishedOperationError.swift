/// An operation on a domain that another process is at, or was when it ended.
public struct UnfinishedOperationError: Error, Equatable, CustomStringConvertible {
  /// Which operation.
  public let operation: String
  /// The domain's name.
  public let domain: String
  /// The process at work; `nil` where it is gone.
  public let process: Int32?

  /// Tells of a journal that was found.
  public init(_ journal: OperationJournal) {
    operation = journal.record.operation
    domain = journal.record.domain
    process = journal.isHeld ? journal.record.processID : nil
  }

  /// Tells of a journal whose process has given it up or is gone, as whoever holds the claim on the domain knows.
  init(interrupted journal: OperationJournal) {
    operation = journal.record.operation
    domain = journal.record.domain
    process = nil
  }

  public var description: String {
    if let process {
      return "process \(process) is at work on domain '\(domain)' (\(operation)); wait for its end"
    }
    return
      "an earlier \(operation) on domain '\(domain)' was interrupted; 'snapsh doctor \(domain) --fix' takes it "
      + "back, or does the rest of it"
  }
}
