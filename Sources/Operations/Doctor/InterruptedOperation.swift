import Libvirt
import SystemPackage

/// An operation whose process is gone, and what is to be done about it.
public struct InterruptedOperation {
  private typealias Recovery = (OperationJournal, Connection) throws -> PlanFailure?

  /// The operation's journal.
  public let journal: OperationJournal

  /// What was left in a directory of journals, oldest first; what a process is still at is not among it.
  ///
  /// - Parameters:
  ///   - directory: Where the journals are.
  ///   - domainUUID: Of this domain; `nil` for all.
  /// - Returns: The operations.
  public static func all(in directory: FilePath, domainUUID: String?) -> [InterruptedOperation] {
    OperationJournal.all(in: directory)
      .filter { journal in
        !journal.isHeld && journal.record.concernsLibvirt
          && domainUUID.map(journal.record.concerns(domainUUID:)) ?? true
      }
      .map { InterruptedOperation(journal: $0) }
  }

  /// What was left in a directory of journals by operations that no libvirt has a part in, oldest first.
  public static func withoutLibvirt(in directory: FilePath) -> [InterruptedOperation] {
    OperationJournal.all(in: directory).filter { !$0.isHeld && !$0.record.concernsLibvirt }
      .map { InterruptedOperation(journal: $0) }
  }

  /// Takes the operation back, or does the rest of it, as its kind and its progress call for.
  ///
  /// - Parameter connection: To the journal's URI.
  /// - Returns: What was taken back and what could not be; `nil` where the rest was done.
  /// - Throws: ``JournalError`` for an operation that is not known here; libvirt's error; ``PlanFailure``.
  public func recover(on connection: Connection) throws -> PlanFailure? {
    guard let recovery = Self.recoveries[journal.record.operation] else { throw unknown }
    return try recovery(journal, connection)
  }

  /// The same for an operation that no libvirt has a part in.
  ///
  /// - Returns: What was taken back and what could not be; `nil` where the rest was done.
  /// - Throws: ``JournalError`` for an operation that is not known here; what the operation's own taking back throws.
  public func recoverWithoutLibvirt() throws -> PlanFailure? {
    switch journal.record.operation {
    case GuestRestore.operation: try GuestRestore.interrupted(journal, on: nil).recover(journal)
    case MonitorBackup.operation: try MonitorBackup.takeBack(journal)
    default: throw unknown
    }
  }

  /// What is left of an operation that no libvirt has a part in, and what becomes of it; touches nothing.
  public var remainderWithoutLibvirt: Remainder {
    get throws {
      let process = journal.record.processID
      switch journal.record.operation {
      case GuestRestore.operation:
        let goesForward = try GuestRestore.interrupted(journal, on: nil).willFinish(journal)
        return Remainder(
          explanation: "a restore of disks was interrupted (process \(process) is gone)",
          mending: goesForward ? "do the rest of the restore" : "take the restore back",
          irreversibility: goesForward
            ? "what it had begun cannot be taken back any more" : "the restore can be asked for again")
      case MonitorBackup.operation: return try MonitorBackup.remainder(of: journal)
      default: throw unknown
      }
    }
  }

  /// An interrupted operation in words.
  public struct Remainder {
    /// What is wrong, and what comes of it.
    public let explanation: String
    /// What mends it, as an order.
    public let mending: String
    /// Why that cannot be taken back.
    public let irreversibility: String
  }

  private var unknown: JournalError {
    JournalError(
      path: journal.path.string,
      reason: "is of an operation that this version does not know ('\(journal.record.operation)')")
  }

  /// Whether ``recover(on:)`` goes forward.
  public func willFinish(on connection: Connection) -> Bool {
    (try? Self.plan(journal, connection)?.willFinish(journal)) ?? false
  }

  /// Whether ``recover(on:)`` needs no domain: one may be all that an archiving or a restore has not left behind, and a guest
  /// without a definition takes its domain with it.
  ///
  /// - Parameter connection: To the journal's URI.
  /// - Returns: False where libvirt has to know the domain again first.
  public func isMendedWithoutDomain(on connection: Connection) -> Bool {
    switch journal.record.operation {
    case MirroredSnapshot.operation: true
    case StorageMigration.operation: !willFinish(on: connection) || keepsDefinition
    default: InterruptedArchiving.operations.contains(journal.record.operation)
    }
  }

  /// Whether the journal holds the definition of a guest that had none.
  private var keepsDefinition: Bool {
    (try? journal.record.parameters(as: StorageMigration.Parameters.self))?.definition != nil
  }

  /// What is no longer as it was on a domain, as a sentence: snapshots whose deletion has begun to write over their images.
  ///
  /// - Parameter domain: The journal's.
  /// - Throws: libvirt's error.
  /// - Returns: The sentence; `nil` where everything is.
  public func loss(on domain: Domain) throws -> String? {
    guard journal.record.operation == SnapshotDeletion.operation,
      let deletion = try? journal.record.parameters(as: SnapshotDeletion.self)
    else { return nil }
    let known = try deletion.ruined(journal).filter { try domain.existingSnapshot(named: $0) != nil }
    return known.isEmpty ? nil : SnapshotDeletion.loss(of: known)
  }

  /// Where the newest data is of a guest that libvirt has forgotten, a sentence a disk; empty where the operation does not know.
  ///
  /// - Parameter connection: To the journal's URI.
  /// - Returns: The sentences.
  public func whereabouts(on connection: Connection) -> [String] {
    guard journal.record.operation == StorageMigration.operation else { return [] }
    return (try? StorageMigration(journal: journal, connection: connection))?.whereabouts(journal) ?? []
  }

  /// By the operations' names.
  private static var recoveries: [String: Recovery] {
    var recoveries: [String: Recovery] = [
      ExternalReversion.operation: recoverPlan, SnapshotDeletion.operation: recoverPlan,
      Mending.operation: recoverPlan,
      StorageMigration.operation: { try StorageMigration.recover(journal: $0, connection: $1) },
      MirroredSnapshot.operation: { try MirroredSnapshot.rollBack(journal: $0, connection: $1) },
    ]
    for operation in InterruptedArchiving.operations {
      recoveries[operation] = { try InterruptedArchiving.recover($0, on: $1) }
    }
    return recoveries
  }

  private static func recoverPlan(
    _ journal: OperationJournal, _ connection: Connection
  ) throws -> PlanFailure? {
    try plan(journal, connection)?.recover(journal)
  }

  /// The plan of the operations that are built anew from their parameters alone.
  private static func plan(_ journal: OperationJournal, _ connection: Connection) throws -> Plan? {
    let record = journal.record
    if record.operation == StorageMigration.operation {
      return try StorageMigration(journal: journal, connection: connection).plan
    }
    if record.operation == GuestRestore.operation {
      return try GuestRestore.interrupted(journal, on: connection)
    }
    let domain = try connection.domain(uuid: record.domainUUID)
    switch record.operation {
    case ExternalReversion.operation:
      return try record.parameters(as: ExternalReversion.self).plan(on: domain)
    case SnapshotDeletion.operation:
      return try record.parameters(as: SnapshotDeletion.self).plan(on: domain, cancellation: Cancellation())
    case Mending.operation:
      return try record.parameters(as: Mending.self).plan(on: domain)
    default: return nil
    }
  }
}
