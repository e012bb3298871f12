import DiskIO
import NBDServer
import Synchronization
import SystemPackage
import VMA

/// One disk of an archive that is being received, as NBD clients see it.
final class ReceivedDisk: NBDExport {
  let name: String
  let size: UInt64
  let isReadOnly = false
  let summary = "a disk of the archive that is being written"
  private let archive: ReceivedArchive
  private let device: UInt8
  private let hidesFailures: Bool
  private let clients = Mutex(Clients())

  /// Who has connected until now.
  struct Clients {
    /// Connections that are open.
    var open = 0
    /// Connections that there have been.
    var total = 0
    /// Whether one of them has changed something.
    var hasWritten = false
  }

  /// - Parameters:
  ///   - device: the disk's place in the archive.
  ///   - size: bytes of the export.
  ///   - archive: where it goes.
  ///   - hidesFailures: whether changes succeed, and go nowhere, once the archive has failed.
  init(_ device: ArchiveDevice, size: UInt64, of archive: ReceivedArchive, hidesFailures: Bool) {
    name = device.name
    self.hidesFailures = hidesFailures
    self.size = size
    self.device = device.id
    self.archive = archive
  }

  /// Who has connected until now.
  var connections: Clients { clients.withLock { $0 } }

  /// Whether all of the disk has come.
  var isComplete: Bool { archive.isComplete(device) }

  func clientAttached() {
    clients.withLock {
      $0.open += 1
      $0.total += 1
    }
  }

  func clientDetached() {
    clients.withLock { $0.open -= 1 }
  }

  func read(into buffer: UnsafeMutableRawBufferPointer, at offset: UInt64) throws(NBDRequestError) {
    let isThere = try telling { try archive.read(into: buffer, from: device, at: offset) }
    guard isThere else {
      throw NBDRequestError(
        .notSupported, "'\(name)' is written into an archive, and what is there already cannot be read back")
    }
  }

  func write(_ bytes: UnsafeRawBufferPointer, at offset: UInt64) throws(NBDRequestError) {
    noteChange()
    try changing { try archive.write(bytes, to: device, at: offset) }
  }

  func zero(_ range: Range<UInt64>) throws(NBDRequestError) {
    noteChange()
    try changing { try archive.zero(range, of: device) }
  }

  func trim(_ range: Range<UInt64>) throws(NBDRequestError) {
    noteChange()
    try changing { try archive.trim(range, of: device) }
  }

  func flush() throws(NBDRequestError) {
    try changing { try archive.flush() }
  }

  func extents(of range: Range<UInt64>, limit: Int) throws(NBDRequestError) -> [NBDExtent] {
    archive.extents(of: range, in: device, limit: limit)
  }

  private func noteChange() {
    clients.withLock { $0.hasWritten = true }
  }

  /// Changes something, whose failure some clients are not told of.
  private func changing(_ step: () throws -> Void) throws(NBDRequestError) {
    do throws(NBDRequestError) { try telling(step) } catch {
      // A client's mistake is its own to know; what the archive does not survive is not.
      guard hidesFailures, archive.failure != nil else { throw error }
    }
  }

  /// Tells the client of an error in the words that the person at the other end reads.
  private func telling<Result>(_ step: () throws -> Result) throws(NBDRequestError) -> Result {
    do { return try step() } catch {
      let isFull = (error as? VMAError)?.reason == .writeFailed(.noSpace)
      throw NBDRequestError(isFull ? .noSpace : .inputOutput, "\(error)")
    }
  }
}
