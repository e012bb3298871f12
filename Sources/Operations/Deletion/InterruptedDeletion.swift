import Libvirt
import SystemPackage

/// Deletions that have begun to write over what snapshots had frozen, and did not come to their end.
extension SnapshotDeletion {
  /// The same deletion, where one was interrupted and the rest of it is left to do.
  ///
  /// - Parameters:
  ///   - snapshot: The name of the snapshot.
  ///   - extent: What is to be deleted of it.
  ///   - domain: The domain.
  ///   - journals: Where the journals of operations are.
  /// - Throws: libvirt's error.
  /// - Returns: What was to be done, and how far it has come.
  public static func interrupted(
    _ snapshot: String, _ extent: Extent, of domain: Domain, in journals: FilePath
  ) throws -> (deletion: SnapshotDeletion, journal: OperationJournal)? {
    try all(of: domain, in: journals).first { deletion, journal in
      deletion.snapshot == snapshot && deletion.extent == extent && !journal.isHeld
    }
  }

  /// Refuses a snapshot whose state a deletion has begun to write over: libvirt still has it on its list.
  ///
  /// - Parameters:
  ///   - snapshot: The snapshot that is to be gone back to.
  ///   - journals: Where the journals of operations are.
  /// - Throws: ``ReversionError/halfMerged(snapshot:domain:)``; ``UnfinishedOperationError`` where the deletion is still going on;
  ///   libvirt's error.
  public static func requireIntact(_ snapshot: DomainSnapshot, in journals: FilePath) throws {
    let domain = snapshot.domain
    for (deletion, journal) in try all(of: domain, in: journals)
    where deletion.ruined(journal).contains(snapshot.name) {
      if journal.isHeld { throw UnfinishedOperationError(journal, under: journal.record.uri) }
      throw ReversionError.halfMerged(snapshot: snapshot.name, domain: domain.name)
    }
  }

  private static func all(
    of domain: Domain, in journals: FilePath
  ) throws -> [(deletion: SnapshotDeletion, journal: OperationJournal)] {
    try OperationJournal.all(in: journals).compactMap { journal in
      guard journal.record.operation == operation, try journal.record.concerns(domain),
        let deletion = try? journal.record.parameters(as: SnapshotDeletion.self)
      else { return nil }
      return (deletion, journal)
    }
  }

  /// The snapshots that can no longer be gone back to, those that libvirt has forgotten since included.
  func ruined(_ journal: OperationJournal) -> [String] {
    let record = journal.record
    func isBegun(_ step: Int) -> Bool { record.begun > step || (record.begun == step && record.turn != nil) }
    if isLibvirts { return isBegun(firstMerge) ? [snapshot] : [] }
    let reached = merges.enumerated().filter { isBegun(firstMerge + $0.offset) }
    let names = Set(reached.flatMap { $0.element.ruined ?? deleted })
    return deleted.reversed().filter(names.contains)
  }

  /// The index of the step with which an image is first written to.
  private var firstMerge: Int { document == nil ? 0 : 1 }

  /// What becomes of snapshots that stand on an image which is written to, as a sentence.
  static func loss(of snapshots: [String]) -> String {
    let names = snapshots.map { "'\($0)'" }.joined(separator: ", ")
    let (noun, pronoun) = snapshots.count == 1 ? ("snapshot", "it") : ("snapshots", "they")
    return
      "\(noun) \(names) can no longer be gone back to, as what \(pronoun) froze may be written over in part"
  }
}
