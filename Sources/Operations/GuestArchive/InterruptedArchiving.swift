import Libvirt

/// Archivings and restores that another process began and did not end.
public enum InterruptedArchiving {
  /// The journals' names of them.
  public static let operations: Set<String> = [
    ColdSnapshot.operation, DiskBackup.operation, MemoryBackup.operation, GuestRestore.operation,
  ]

  /// Takes one back: the guest runs as it did, and nothing made for the archive is left but a half archive's hidden file.
  ///
  /// - Parameters:
  ///   - journal: whose process is gone.
  ///   - connection: to the journal's URI.
  /// - Throws: `LibvirtError`; what a damaged journal causes.
  /// - Returns: what was undone and what could not be.
  public static func rollBack(_ journal: OperationJournal, on connection: Connection) throws -> PlanFailure {
    let record = journal.record
    let domain = try connection.existingDomain(uuid: record.domainUUID)
    let plan =
      switch record.operation {
      case ColdSnapshot.operation:
        ColdSnapshot.interrupted(try record.parameters(as: ColdSnapshot.Parameters.self), on: domain)
      case DiskBackup.operation:
        DiskBackup.interrupted(try record.parameters(as: DiskBackup.Parameters.self), on: domain)
      case MemoryBackup.operation:
        MemoryBackup.interrupted(try record.parameters(as: TemporaryOverlays.self), on: domain)
      case GuestRestore.operation:
        try GuestRestore.interrupted(try record.parameters(as: GuestRestore.Parameters.self), on: connection)
      default:
        throw JournalError(path: journal.path.string, reason: "is of no archiving ('\(record.operation)')")
      }
    return plan.rollBack(journal)
  }
}

extension Connection {
  /// The domain of this UUID; nil where there is none.
  func existingDomain(uuid: String) throws(LibvirtError) -> Domain? {
    do {
      return try domain(uuid: uuid)
    } catch  where error.code == .noDomain {
      return nil
    }
  }

  /// The domain of this name; nil where there is none.
  func existingDomain(named name: String) throws(LibvirtError) -> Domain? {
    do {
      return try domain(named: name)
    } catch  where error.code == .noDomain {
      return nil
    }
  }
}
