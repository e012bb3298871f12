/// What keeps a QEMU without libvirt from being archived, apart from errors of its monitor and of the archive.
public enum MonitorBackupError: Error, Equatable, Sendable {
  /// The guest is one of libvirt's.
  case managedByLibvirt(path: String)
  /// A disk that the QEMU does not have.
  case unknownDisk(String, known: [String])
  /// Nothing is there to be archived.
  case noDisks(path: String)
  /// A disk has no bytes.
  case emptyDisk(String)
  /// The guest is in a state in which its memory cannot be sent.
  case notMigratable(status: String)
  /// A migration goes on already.
  case migrating(status: String)
  /// A capability of migration is on with which the stream is not one that can be read again.
  case capability(String)
  /// The migration has failed; QEMU's own words, where it has any.
  case migrationFailed(reason: String)
  /// Somebody else has ended the migration.
  case migrationCancelled
  /// A backup has failed; QEMU's own words.
  case backupFailed(disk: String, reason: String)
  /// Somebody else has ended a backup.
  case backupGone(disk: String)
  /// What was begun in QEMU does not end.
  case doesNotEnd(String)
  /// What was begun in QEMU could not be taken back.
  case leftBehind(cause: String, remainders: [String])
}

extension MonitorBackupError: CustomStringConvertible {
  /// One sentence for the person who asked.
  public var description: String {
    switch self {
    case .managedByLibvirt(let path):
      "the guest at '\(path)' is libvirt's, which would lose track of it; archive it with 'backup DOMAIN' instead"
    case .unknownDisk(let name, let known):
      known.isEmpty
        ? "the guest has no disk '\(name)', and no other that could be archived"
        : "the guest has no disk '\(name)'; it has \(known.joined(separator: ", "))"
    case .noDisks(let path):
      "the guest at '\(path)' has no writable disk to archive; name one with --disk"
    case .emptyDisk(let name):
      "the disk '\(name)' has no bytes; leave it out with --exclude \(name)"
    case .notMigratable(let status):
      "the memory of a guest that is '\(status)' cannot be archived; leave --memory out, or let it run first"
    case .migrating(let status):
      "a migration of the guest goes on already (\(status)); wait for its end"
    case .capability(let name):
      "the migration capability '\(name)' is on, with which the memory is no stream that can be kept; turn it off with "
        + "'migrate-set-capabilities'"
    case .migrationFailed(let reason):
      "the memory could not be sent: \(reason)"
    case .migrationCancelled:
      "somebody else has cancelled the migration of the memory"
    case .backupFailed(let disk, let reason):
      "QEMU could not back up disk '\(disk)': \(reason)"
    case .backupGone(let disk):
      "somebody else has ended the backup of disk '\(disk)'"
    case .doesNotEnd(let what):
      "\(what) does not end"
    case .leftBehind(let cause, let remainders):
      "\(cause); not all of it could be undone: \(remainders.joined(separator: "; "))"
    }
  }
}
