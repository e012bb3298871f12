import Libvirt
import Operations
import SystemPackage

/// Interrupted operations of this libvirt whose domain it does not know: a guest that was to be made, or one without a
/// definition that has ended.
struct DomainlessOperations {
  private let connection: Connection
  private let operations: [InterruptedOperation]

  /// - Parameters:
  ///   - connection: To the libvirt in question.
  ///   - journals: Where the journals are.
  ///   - domain: The name or UUID of the one that is asked for; nil for all.
  /// - Throws: libvirt's error.
  init(on connection: Connection, in journals: FilePath, of domain: String?) throws {
    self.connection = connection
    let uri = try connection.uri()
    let known = try Set(connection.domains().map { try $0.uuid() })
    operations = InterruptedOperation.all(in: journals, domainUUID: nil).filter { operation in
      let record = operation.journal.record
      return record.uri == uri && !known.contains(record.domainUUID)
        && (domain.map { [record.domain, record.domainUUID].contains($0) } ?? true)
    }
  }

  /// Whether there is none.
  var isEmpty: Bool { operations.isEmpty }

  /// All of them, each with what becomes of it.
  func findings() -> [DoctorReport.Entry] {
    operations.map { operation in
      let record = operation.journal.record
      let isMendable = operation.isMendedWithoutDomain(on: connection)
      let goesForward = operation.willFinish(on: connection)
      let data = operation.whereabouts(on: connection)
      return DoctorReport.Entry(
        domain: record.domain, kind: .interruptedOperation, subject: record.operation,
        explanation:
          "a \(record.operation) was interrupted (process \(record.processID) is gone), and libvirt does not know "
          + "the domain" + (data.isEmpty ? "" : "; " + data.joined(separator: ", ")),
        fix: isMendable ? fix(of: operation) : nil, undo: nil,
        noUndo: !isMendable
          ? nil
          : goesForward
            ? "what it had begun cannot be taken back any more"
            : "the \(record.operation) can be asked for again",
        advice: isMendable
          ? nil
          : "define the domain again; if it is gone for good, remove '\(operation.journal.path)'")
    }
  }

  private func fix(of operation: InterruptedOperation) -> String {
    let name = operation.journal.record.operation
    guard operation.willFinish(on: connection) else { return "take the \(name) back" }
    let definition = name == StorageMigration.operation ? "define the guest, shut off, and " : ""
    return "\(definition)do the rest of the \(name)"
  }

  /// Takes them back, or does the rest.
  ///
  /// - Throws: What could not be taken back or done.
  /// - Returns: What was done, as orders.
  func mend() throws -> [String] {
    var done: [String] = []
    for operation in operations where operation.isMendedWithoutDomain(on: connection) {
      let fix = fix(of: operation)
      done += try operation.orders(after: operation.recover(on: connection), rest: fix)
    }
    return done
  }
}
