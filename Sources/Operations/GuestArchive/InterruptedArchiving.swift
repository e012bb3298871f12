import Libvirt

/// Archivings that another process began and did not end.
public enum InterruptedArchiving {
  /// The journals' names of them.
  public static let operations: Set<String> = [
    ColdSnapshot.operation, DiskBackup.operation, MemoryBackup.operation,
  ]

  /// Takes one back: the guest runs as it did, and nothing made for the archive is left but a half archive's hidden file.
  ///
  /// - Parameters:
  ///   - journal: whose process is gone.
  ///   - connection: to the journal's URI.
  /// - Throws: `LibvirtError` where the guest cannot be found; what a damaged journal causes.
  /// - Returns: what was undone and what could not be.
  public static func rollBack(_ journal: OperationJournal, on connection: Connection) throws -> PlanFailure {
    let record = journal.record
    let domain = try connection.domain(uuid: record.domainUUID)
    let plan =
      switch record.operation {
      case ColdSnapshot.operation:
        ColdSnapshot.interrupted(try record.parameters(as: ColdSnapshot.Parameters.self), on: domain)
      case DiskBackup.operation:
        DiskBackup.interrupted(try record.parameters(as: DiskBackup.Parameters.self), on: domain)
      case MemoryBackup.operation:
        MemoryBackup.interrupted(try record.parameters(as: TemporaryOverlays.self), on: domain)
      default:
        throw JournalError(path: journal.path.string, reason: "is of no archiving ('\(record.operation)')")
      }
    return plan.rollBack(journal)
  }
}
