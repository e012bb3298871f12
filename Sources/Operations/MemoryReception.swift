import Glibc
import NBDServer
import SaveImage
import Synchronization
import SystemPackage
import VMA

/// Takes one migration stream from a socket into an archive, on a thread of its own.
final class MemoryReception: Sendable {
  /// Bytes that are put into the archive at one time.
  private static let pieceSize = 1 << 20

  private let socket: ListeningSocket
  private let archive: ReceivedArchive
  private let device: ArchiveDevice
  private let state = Mutex(State())

  private struct State {
    var connection: Int32?
    var isStopped = false
    var received: UInt64 = 0
    var length: UInt64?
  }

  /// - Parameters:
  ///   - socket: where the stream comes; taken once.
  ///   - archive: where it goes.
  ///   - device: the memory of the archive; its size bounds the stream.
  init(from socket: ListeningSocket, into archive: ReceivedArchive, device: ArchiveDevice) {
    self.socket = socket
    self.archive = archive
    self.device = device
  }

  /// Bytes that have come until now.
  var received: UInt64 { state.withLock { $0.received } }

  /// Bytes of the stream, once it has come to its end.
  var length: UInt64? { state.withLock { $0.length } }

  /// Starts the thread.
  func start() throws(NBDServerError) -> ServiceThread {
    try ServiceThread { [self] in
      do {
        guard let connection = try socket.accept() else { return }
        // One stream is one connection; whoever comes later is in error.
        socket.stop()
        try take(connection)
      } catch {
        archive.fail(error)
      }
    }
  }

  /// Ends the wait for the stream, and the stream.
  func stop() {
    socket.stop()
    state.withLock { state in
      state.isStopped = true
      if let connection = state.connection { shutdown(connection, Int32(SHUT_RDWR)) }
    }
  }

  private func take(_ connection: FileDescriptor) throws {
    state.withLock { $0.connection = $0.isStopped ? nil : connection.rawValue }
    defer {
      state.withLock { $0.connection = nil }
      try? connection.close()
    }
    let piece = UnsafeMutableRawBufferPointer.allocate(byteCount: Self.pieceSize, alignment: 4096)
    defer { piece.deallocate() }
    var check = MigrationStreamCheck()
    do {
      while true {
        let count = try fill(piece, from: connection)
        let bytes = UnsafeRawBufferPointer(rebasing: piece[..<count])
        try check.take(bytes)
        guard check.length <= device.size else {
          throw ArchiveReceptionError.memoryTooLong(limit: device.size)
        }
        if count > 0 { try archive.appendMemory(bytes, to: device.id) }
        if count < piece.count { break }
      }
      try check.checkComplete()
    } catch let fault as MigrationStreamCheck.Fault {
      throw ArchiveReceptionError.brokenMemory(fault)
    }
    state.withLock { $0.length = check.length }
  }

  /// Fills the piece; less than that is the stream's end.
  private func fill(_ piece: UnsafeMutableRawBufferPointer, from connection: FileDescriptor) throws -> Int {
    var filled = 0
    while filled < piece.count {
      let rest = UnsafeMutableRawBufferPointer(rebasing: piece[filled...])
      let count = recv(connection.rawValue, rest.baseAddress, rest.count, 0)
      if count == 0 { break }
      if count < 0 {
        guard errno == EINTR else { throw ArchiveReceptionError.memorySocket(Errno(rawValue: errno)) }
        continue
      }
      filled += count
      state.withLock { $0.received += UInt64(count) }
    }
    return filled
  }
}
