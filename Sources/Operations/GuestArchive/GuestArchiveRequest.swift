import Compression
import Libvirt
import SystemPackage
import VMA

/// What every archiving of a guest is asked for, whichever way it is done.
public struct GuestArchiveRequest {
  /// The wanted disks.
  public var selection: GuestDiskSelection
  /// Where the archive goes.
  public var destination: ArchiveDestination
  /// How the archive is compressed; nil leaves it as it is.
  public var compression: CompressionSetting?
  /// A directory for sockets, scratch files and memory that may grow large; the way's own choice where there is none.
  public var scratchDirectory: String?
  /// Where the journal is kept; none where there is no such directory.
  public var journalDirectory: FilePath?
  /// Told how far it is.
  public var progress: (any ProgressReceiver)?
  /// Asked whether it is still wanted.
  public var cancellation: Cancellation
  /// Called with every step before it begins.
  public var announce: (Step) -> Void

  /// So much of a guest into an archive.
  public init(
    selection: GuestDiskSelection = .init(), destination: ArchiveDestination,
    compression: CompressionSetting? = nil, scratchDirectory: String? = nil, journalDirectory: FilePath?,
    progress: (any ProgressReceiver)?,
    cancellation: Cancellation, announce: @escaping (Step) -> Void = { _ in }
  ) {
    self.selection = selection
    self.destination = destination
    self.compression = compression
    self.scratchDirectory = scratchDirectory
    self.journalDirectory = journalDirectory
    self.progress = progress
    self.cancellation = cancellation
    self.announce = announce
  }

  /// Paths, sockets and images of a guest are used directly, so it must be on this host.
  ///
  /// - Throws: ``GuestArchiveError``, `LibvirtError`.
  func requireLocal(_ domain: Domain) throws {
    guard try domain.connection.isLocal() else {
      throw GuestArchiveError.notHere(uri: try domain.connection.uri())
    }
  }

  /// A journal for one of the ways, about to begin.
  func journal<Parameters: Encodable>(
    _ operation: String, of domain: Domain, _ parameters: Parameters
  ) throws -> OperationJournal? {
    guard let journalDirectory else { return nil }
    return OperationJournal(
      in: journalDirectory,
      try .init(
        operation: operation, uri: domain.connection.uri(), domainUUID: domain.uuid(), domain: domain.name,
        parameters: ArchivingParameters(archive: destination.absolutePath, way: parameters)))
  }
}

/// What another process must know to take an archiving back.
struct ArchivingParameters<Way: Encodable>: Encodable {
  /// What is written, by its absolute path; nil for a stream.
  var archive: String?
  /// What the way that it is done in needs.
  var way: Way
}

extension ArchivingParameters: Decodable where Way: Decodable {}

/// A guest's archive that was made.
public struct GuestArchiveResult: Sendable {
  /// What is known of the guest, as the archive itself tells.
  public let guest: ArchiveManifest.Guest
  /// The disks in it.
  public let disks: [GuestDisk]
  /// What was written.
  public let summary: ArchiveSummary
}
