import NBDServer
import Synchronization

/// A disk in memory that counts what it is asked for, and fails when it is told to.
final class MemoryExport: NBDExport {
  let name: String
  let summary: String
  let size: UInt64
  let isReadOnly: Bool
  private let state: Mutex<State>

  struct State {
    var bytes: [UInt8]
    var attached = 0
    var detached = 0
    var flushes = 0
    var trims: [Range<UInt64>] = []
    var zeros: [Range<UInt64>] = []
    var writes: [Range<UInt64>] = []
    var failure: NBDRequestError?
  }

  init(_ name: String, size: Int, summary: String = "", isReadOnly: Bool = false) {
    self.name = name
    self.summary = summary
    self.size = UInt64(size)
    self.isReadOnly = isReadOnly
    state = Mutex(State(bytes: [UInt8](repeating: 0, count: size)))
  }

  var now: State { state.withLock { $0 } }

  func fill(_ bytes: [UInt8]) { state.withLock { $0.bytes = bytes } }

  func fail(_ error: NBDRequestError?) { state.withLock { $0.failure = error } }

  func clientAttached() { state.withLock { $0.attached += 1 } }
  func clientDetached() { state.withLock { $0.detached += 1 } }

  func read(into buffer: UnsafeMutableRawBufferPointer, at offset: UInt64) throws(NBDRequestError) {
    try check()
    let bytes = state.withLock { Array($0.bytes[Int(offset)..<Int(offset) + buffer.count]) }
    buffer.copyBytes(from: bytes)
  }

  func write(_ bytes: UnsafeRawBufferPointer, at offset: UInt64) throws(NBDRequestError) {
    try check()
    let copy = Array(bytes)
    state.withLock {
      $0.writes.append(offset..<offset + UInt64(copy.count))
      $0.bytes.replaceSubrange(Int(offset)..<Int(offset) + copy.count, with: copy)
    }
  }

  func zero(_ range: Range<UInt64>) throws(NBDRequestError) {
    try check()
    state.withLock {
      $0.zeros.append(range)
      for index in range { $0.bytes[Int(index)] = 0 }
    }
  }

  func trim(_ range: Range<UInt64>) throws(NBDRequestError) {
    try check()
    state.withLock { $0.trims.append(range) }
  }

  func flush() throws(NBDRequestError) {
    try check()
    state.withLock { $0.flushes += 1 }
  }

  /// One extent for each KiB: data where a byte of it is not zero.
  func extents(of range: Range<UInt64>, limit: Int) throws(NBDRequestError) -> [NBDExtent] {
    try check()
    let bytes = state.withLock { $0.bytes }
    var extents: [NBDExtent] = []
    var position = range.lowerBound
    while position < range.upperBound, extents.count < limit {
      let end = min(range.upperBound, (position / 1024 + 1) * 1024)
      let isData = bytes[Int(position)..<Int(end)].contains { $0 != 0 }
      extents.append(NBDExtent(length: end - position, kind: isData ? .data : .hole))
      position = end
    }
    return extents
  }

  private func check() throws(NBDRequestError) {
    if let failure = state.withLock({ $0.failure }) { throw failure }
  }
}
