import Libvirt

/// Archivings and restores that another process began and did not end.
public enum InterruptedArchiving {
  /// The journals' names of them.
  public static let operations: Set<String> = [
    ColdSnapshot.operation, DiskBackup.operation, MemoryBackup.operation, GuestRestore.operation,
  ]

  /// Takes one back: the guest runs as it did, and nothing made for the archive is left. A restore whose guest is made
  /// is finished instead.
  ///
  /// - Parameters:
  ///   - journal: whose process is gone.
  ///   - connection: to the journal's URI.
  /// - Throws: `LibvirtError`; what a damaged journal causes.
  /// - Returns: what was undone and what could not be; nil where the rest was done.
  public static func recover(_ journal: OperationJournal, on connection: Connection) throws -> PlanFailure? {
    let record = journal.record
    let domain = try connection.existingDomain(uuid: record.domainUUID)
    switch record.operation {
    case ColdSnapshot.operation:
      return try takeBack(journal) { ColdSnapshot.interrupted($0, on: domain) }
    case DiskBackup.operation:
      return try takeBack(journal) { DiskBackup.interrupted($0, begun: record.begun, on: domain) }
    case MemoryBackup.operation:
      return try takeBack(journal) { MemoryBackup.interrupted($0, on: domain) }
    case GuestRestore.operation:
      return try GuestRestore.interrupted(journal, on: connection).recover(journal)
    default:
      throw JournalError(path: journal.path.string, reason: "is of no archiving ('\(record.operation)')")
    }
  }

  private static func takeBack<Way: Codable>(_ journal: OperationJournal, _ plan: (Way) -> Plan) throws
    -> PlanFailure
  {
    let parameters = try journal.record.parameters(as: ArchivingParameters<Way>.self)
    // First the guest: what is left of the archive may be where nothing can be removed any more.
    return plan(parameters.way).rollBack(journal) {
      try parameters.archive.map { try UnfinishedFile.remove(of: $0, writtenBy: journal.record.processID) }
        ?? []
    }
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
