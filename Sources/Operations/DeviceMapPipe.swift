import Glibc
import SystemPackage

/// The pipe on which a device map comes, line by line.
public struct DeviceMapPipe {
  /// More than any line of a map needs; whoever sends more wants our memory.
  private static let longestLine = 1 << 16
  private let path: String
  private let cancellation: Cancellation

  /// A map that will be read from a named pipe (or a file).
  public init(path: String, cancellation: Cancellation) {
    self.path = path
    self.cancellation = cancellation
  }

  /// Waits for the map and reads it up to `done`, an empty line, or the end.
  ///
  /// - Throws: ``ArchiveOperationError``, ``CancelledError``.
  /// - Returns: the entries in their order.
  public func read() throws -> [DeviceMapEntry] {
    do {
      let descriptor = try OpenArchive.descriptor(path, cancellation)
      defer { try? descriptor.close() }
      var entries: [DeviceMapEntry] = []
      while let line = try readLine(descriptor), let entry = try DeviceMapEntry.parse(line) {
        entries.append(entry)
      }
      return entries
    } catch let error as Errno {
      throw ArchiveOperationError.file(operation: "read the device map from", path: path, errno: error)
    }
  }

  /// The next line without its newline; nil at the end.
  private func readLine(_ descriptor: FileDescriptor) throws -> String? {
    var line: [UInt8] = []
    while line.count < Self.longestLine {
      // A byte at a time: what follows the map is not ours to take from the pipe.
      var byte: UInt8 = 0
      let count: Int
      do {
        count = try withUnsafeMutableBytes(of: &byte) {
          try descriptor.read(into: $0, retryOnInterrupt: false)
        }
      } catch Errno.interrupted {
        try cancellation.check()
        continue
      }
      if count == 0 { return line.isEmpty ? nil : String(decoding: line, as: UTF8.self) }
      if byte == UInt8(ascii: "\n") { return String(decoding: line, as: UTF8.self) }
      line.append(byte)
    }
    throw ArchiveOperationError.map(reason: "a line is longer than \(Self.longestLine) bytes")
  }
}
