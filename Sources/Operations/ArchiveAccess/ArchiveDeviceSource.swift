import DiskIO
import VMA

/// A device of an archive as a disk to read.
final class ArchiveDeviceSource: DiskSource {
  let name: String
  /// Bytes, filled up to whole sectors.
  let size: UInt64

  private let archive: IndexedArchive
  private let position: Int
  private let length: UInt64

  /// - Parameters:
  ///   - archive: the archive.
  ///   - position: the device's place in its index.
  /// - Throws: ``ArchiveOperationError`` for a memory stream of which the archive holds nothing.
  init(_ archive: IndexedArchive, _ position: Int) throws {
    let device = archive.index.devices[position]
    self.archive = archive
    self.position = position
    name = "\(archive.path): \(device.device.name)"
    length = device.length
    size = (length + 511) / 512 * 512
    guard length > 0 else { throw DiskIOError.empty(path: name) }
  }

  func extent(at offset: UInt64) throws(DiskIOError) -> DiskExtent {
    guard offset < length else { return DiskExtent(offset: offset, length: size - offset, isData: false) }
    do throws(VMAError) {
      guard let run = try archive.content.runs(of: offset..<length, ofDevice: position, limit: 1).first else {
        return DiskExtent(offset: offset, length: size - offset, isData: true)
      }
      return DiskExtent(offset: offset, length: run.length, isData: run.isStored)
    } catch { throw unreadable(error) }
  }

  func read(into buffer: UnsafeMutableRawBufferPointer, at offset: UInt64) throws(DiskIOError) {
    let held = Int(min(UInt64(buffer.count), length - min(length, offset)))
    do throws(VMAError) {
      try archive.content.read(
        into: UnsafeMutableRawBufferPointer(rebasing: buffer[..<held]), at: offset, ofDevice: position)
    } catch { throw unreadable(error) }
    UnsafeMutableRawBufferPointer(rebasing: buffer[held...]).initializeMemory(as: UInt8.self, repeating: 0)
  }

  private func unreadable(_ error: VMAError) -> DiskIOError {
    .unreadable(path: archive.path, reason: "\(error)")
  }
}
