import NBDServer
import Synchronization
import VMA

/// A device of an archive as a disk that clients read.
final class ArchiveExport: NBDExport {
  let name: String
  let summary: String
  let size: UInt64
  var isReadOnly: Bool { true }

  // Its file must stay open.
  private let archive: IndexedArchive
  private let position: Int
  private let log: @Sendable (String) -> Void
  /// Places in the archive that were told of, so that a client which tries again and again fills no log.
  private let told = Mutex<Set<UInt64>>([])

  /// - Parameters:
  ///   - archive: the archive.
  ///   - position: the device's place in its index.
  ///   - log: told of what cannot be read, on the thread of the client who wanted it.
  init(_ archive: IndexedArchive, _ position: Int, log: @escaping @Sendable (String) -> Void) {
    self.archive = archive
    self.position = position
    self.log = log
    name = archive.index.devices[position].device.name
    size = archive.length(ofDevice: position)
    summary = "device of the VMA archive \(archive.index.header.uuid), read-only"
  }

  func pieces(
    of range: Range<UInt64>, room: () -> UnsafeMutableRawBufferPointer
  ) throws(NBDRequestError) -> [NBDPiece] {
    do throws(VMAError) {
      return try archive.content.pieces(of: range, ofDevice: position, room: room()).map { piece in
        switch piece.content {
        case .data(let bytes, let owner): .data(bytes, owner: owner)
        case .zeros: .hole(piece.length)
        }
      }
    } catch { throw refusal(error, range.lowerBound) }
  }

  func extents(of range: Range<UInt64>, limit: Int) throws(NBDRequestError) -> [NBDExtent] {
    do throws(VMAError) {
      return try archive.content.runs(of: range, ofDevice: position, limit: limit).map {
        NBDExtent(length: $0.length, kind: $0.isStored ? .data : .hole)
      }
    } catch { throw refusal(error, range.lowerBound) }
  }

  /// What a client is told, and the log once for each place.
  private func refusal(_ error: VMAError, _ offset: UInt64) -> NBDRequestError {
    let isNew = told.withLock { $0.count < 10_000 && $0.insert(error.offset ?? offset).inserted }
    if isNew { log("device '\(name)' cannot be read at byte \(offset): \(error)") }
    return NBDRequestError(.inputOutput, "\(error)")
  }
}
