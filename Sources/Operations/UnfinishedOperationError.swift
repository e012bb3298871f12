/// An operation on a domain that another process is at, or was when it ended.
public struct UnfinishedOperationError: Error, Equatable, CustomStringConvertible {
  /// Which operation.
  public let operation: String
  /// The domain's name.
  public let domain: String
  /// The process at work; `nil` where it is gone.
  public let process: Int32?

  /// The libvirt under which it was begun; `nil` where that is the one that is worked with.
  public let uri: String?

  /// Tells of a journal that was found.
  ///
  /// - Parameters:
  ///   - journal: The operation's.
  ///   - uri: The libvirt that is worked with.
  public init(_ journal: OperationJournal, under uri: String) {
    self.init(journal, process: journal.holder, under: uri)
  }

  /// Tells of a journal whose process has given it up or is gone, as whoever holds the claim on the domain knows.
  init(interrupted journal: OperationJournal, under uri: String) {
    self.init(journal, process: nil, under: uri)
  }

  private init(_ journal: OperationJournal, process: Int32?, under uri: String) {
    operation = journal.record.operation
    domain = journal.record.domain
    self.process = process
    self.uri = journal.record.uri == uri ? nil : journal.record.uri
  }

  public var description: String {
    let place = uri.map { " under '\($0)'" } ?? ""
    if let process {
      return "process \(process) is at work on domain '\(domain)'\(place) (\(operation)); wait for its end"
    }
    let connection = uri.map { "-c '\($0)' " } ?? ""
    return
      "an earlier \(operation) on domain '\(domain)'\(place) was interrupted; 'snapsh \(connection)doctor \(domain) --fix' "
      + "takes it back, or does the rest of it"
  }
}
