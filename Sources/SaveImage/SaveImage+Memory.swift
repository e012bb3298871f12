import SystemPackage

extension SaveImage {
  /// Copies the memory stream, uncompressed and whole, a mebibyte at a time.
  /// - Parameters:
  ///   - file: the file this image was read from.
  ///   - write: takes the stream's bytes in order; what it throws ends the copy.
  /// - Throws: ``SaveImageError``, also when the file has shrunk since it was read, or what `write` throws.
  public func copyMemory(from file: FileDescriptor, write: ([UInt8]) throws -> Void) throws {
    try requireRawMemory()
    var done = 0
    while done < memoryLength {
      let bytes = try Self.read(file, at: memoryOffset + done, count: min(1 << 20, memoryLength - done))
      guard !bytes.isEmpty else {
        throw SaveImageError.truncated(
          part: .memory, offset: memoryOffset + done, expected: memoryOffset + memoryLength)
      }
      try write(bytes)
      done += bytes.count
    }
  }
}
