/// The buffer of one connection, which keeps it until it ends.
final class PayloadBuffer {
  private var memory = UnsafeMutableRawBufferPointer(start: nil, count: 0)

  deinit { memory.deallocate() }

  /// Room for `count` bytes, whose content is undefined, until the next call.
  func room(_ count: Int) -> UnsafeMutableRawBufferPointer {
    if memory.count < count {
      memory.deallocate()
      var capacity = 64 << 10
      while capacity < count { capacity *= 2 }
      memory = .allocate(byteCount: capacity, alignment: 4096)
    }
    return UnsafeMutableRawBufferPointer(rebasing: memory[..<count])
  }
}
