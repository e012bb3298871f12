import Locking

@testable import VMA

/// An archive in memory that can be read in any order, changed, and asked how much of it was read.
final class MemoryStorage: ArchiveStorage {
  private let state: SleepingLock<(bytes: [UInt8], read: Int)>
  let size: UInt64

  /// An archive of these bytes that had another size when it was opened, where one is given.
  init(_ bytes: [UInt8], openedWith size: Int? = nil) {
    state = SleepingLock((bytes, 0))
    self.size = UInt64(size ?? bytes.count)
  }

  /// Bytes read until now.
  var bytesRead: Int { state.withLock { $0.read } }

  func flip(at offset: Int) {
    state.withLock { $0.bytes[offset] ^= 0x10 }
  }

  func read(into buffer: UnsafeMutableRawBufferPointer, at offset: UInt64) throws(VMAError) -> Int {
    state.withLock { state in
      let start = Int(clamping: offset)
      guard start < state.bytes.count else { return 0 }
      let count = min(buffer.count, state.bytes.count - start)
      state.bytes.withUnsafeBytes { copy($0.slice(start, count), to: buffer) }
      state.read += count
      return count
    }
  }
}

extension ArchiveContent {
  /// Some bytes of a device.
  func bytes(_ range: Range<Int>, ofDevice position: Int = 0) throws -> [UInt8] {
    var bytes = filled(range.count, with: 0xEE)
    try bytes.withUnsafeMutableBytes { try read(into: $0, at: UInt64(range.lowerBound), ofDevice: position) }
    return bytes
  }
}
