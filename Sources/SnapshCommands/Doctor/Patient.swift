import Libvirt
import Operations
import SystemPackage

/// A domain that the doctor looks at, with the journals that concern it.
struct Patient {
  private let domain: Domain
  private let uuid: String
  private let journals: FilePath
  /// Where the journals of mendings are kept that can be taken back.
  private let mendings: FilePath

  init(_ domain: Domain, in session: Session) throws {
    self.domain = domain
    uuid = try domain.uuid()
    journals = try session.journals()
    mendings = journals.removingLastComponent().appending("mended")
  }

  /// Those of this libvirt: a guest of the same UUID may be under another one.
  private var interrupted: [InterruptedOperation] {
    get throws { try allInterrupted.filter { try $0.journal.record.concerns(domain) } }
  }

  private var allInterrupted: [InterruptedOperation] {
    InterruptedOperation.all(in: journals, domainUUID: uuid)
  }

  /// Those begun under another URI, which may be this libvirt's too: commands refuse to work beside them.
  private func elsewhere() throws -> [DoctorReport.Entry] {
    try allInterrupted.filter { try !$0.journal.record.concerns(domain) }.map { operation in
      let record = operation.journal.record
      return DoctorReport.Entry(
        domain: domain.name, kind: .interruptedOperation, subject: record.operation,
        explanation:
          "a \(record.operation) of a domain with its UUID, '\(record.domain)', was interrupted under "
          + "'\(record.uri)' (process \(record.processID) is gone)",
        fix: nil,
        advice: "mend it there: snapsh -c '\(record.uri)' doctor \(record.domain) --fix")
    }
  }

  /// Whether libvirt has forgotten the domain, as when the making of a guest was taken back.
  private var isGone: Bool {
    get throws {
      do {
        _ = try domain.connection.domain(uuid: uuid)
        return false
      } catch  where error.code == .noDomain {
        return true
      }
    }
  }

  private var isBusy: Bool {
    OperationJournal.all(in: journals).contains { $0.record.concerns(domainUUID: uuid) }
  }

  /// Everything that is wrong now; nothing where libvirt forgets the domain meanwhile, as it does one without a definition
  /// once it sees that its guest is dead.
  func findings() throws -> [DoctorReport.Entry] {
    do {
      return try isGone ? [] : examined()
    } catch {
      guard try isGone else { throw error }
      return []
    }
  }

  private func examined() throws -> [DoctorReport.Entry] {
    let operations = try interrupted.map { operation in
      let record = operation.journal.record
      let goesForward = operation.willFinish(on: domain.connection)
      let loss = try operation.loss(on: domain).map { "; \($0)" } ?? ""
      return DoctorReport.Entry(
        domain: domain.name, kind: .interruptedOperation, subject: record.operation,
        explanation: "a \(record.operation) was interrupted (process \(record.processID) is gone)\(loss)",
        fix: goesForward ? "do the rest of the \(record.operation)" : "take the \(record.operation) back",
        noUndo: goesForward
          ? "what it had begun cannot be taken back any more"
          : "the \(record.operation) can be asked for again",
        advice: nil)
    }
    let rest = try DomainExamination.findings(of: domain, isBusy: isBusy).map { finding in
      DoctorReport.Entry(
        domain: finding.domain, kind: finding.kind, subject: finding.subject,
        explanation: finding.explanation, fix: finding.remedy?.description(on: domain),
        undo: finding.remedy?.undoDescription(on: domain), noUndo: finding.remedy?.irreversibility,
        advice: finding.advice)
    }
    return try operations + elsewhere() + rest
  }

  /// Recovers what was interrupted, then mends what can be.
  ///
  /// - Returns: What was done, as orders.
  func mend(_ cancellation: Cancellation) throws -> [String] {
    var done: [String] = []
    for operation in try interrupted {
      done += try operation.orders(after: operation.recover(on: domain.connection))
    }
    var remedies: [Mending.Remedy] = []
    guard try !isGone else { return done }
    // One remedy may be the reason for the next.
    for _ in 0..<4 {
      let next = try DomainExamination.findings(of: domain, isBusy: isBusy).compactMap(\.remedy)
      guard !next.isEmpty else { break }
      try Mending(next).plan(on: domain).run(
        journal: OperationJournal(in: journals, record(of: Mending(next))), cancellation: cancellation)
      remedies += next
      done += next.map { $0.description(on: domain) }
    }
    let reversible = Mending(remedies).reversible
    if !reversible.remedies.isEmpty {
      try OperationJournal(in: mendings, record(of: reversible)).keep(asDone: reversible.remedies.count)
    }
    return done
  }

  private func record(of mending: Mending) throws -> OperationJournal.Record {
    try OperationJournal.Record(
      operation: Mending.operation, uri: domain.connection.uri(), domainUUID: uuid, domain: domain.name,
      parameters: mending)
  }

  /// Takes the last mending back.
  ///
  /// - Returns: What was undone, as orders.
  func takeBack() throws -> [String] {
    guard let kept = try Mending.last(of: domain, in: mendings) else {
      throw CommandFailure("nothing that --fix has mended on '\(domain.name)' is left to take back")
    }
    let outcome = try kept.record.parameters(as: Mending.self).plan(on: domain).rollBack(kept)
    guard outcome.notUndone.isEmpty else { throw outcome }
    return outcome.undone
  }
}
