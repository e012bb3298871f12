import Foundation

/// A disk image that a test writes to and looks into with qemu-io: 64 KiB of one byte, from the disk's beginning.
public struct TestImage {
  private let path: String
  private let format: String

  public init(_ path: String, _ format: String = "qcow2") {
    self.path = path
    self.format = format
  }

  /// Fills the beginning with a byte.
  /// - Throws: ``TestSupportError`` with what qemu-io says.
  public func write(_ pattern: UInt8) throws {
    try run([try require(tool: "qemu-io"), "-f", format, "-c", "write -q -P \(pattern) 0 64k", path]).check()
  }

  /// Whether the beginning is full of a byte, which the images below may hold as well.
  /// - Throws: ``TestSupportError`` with what qemu-io says.
  public func holds(_ pattern: UInt8) throws -> Bool {
    // Another pattern is told on standard output, with a status that not every version sets.
    let read = try run([
      try require(tool: "qemu-io"), "-r", "-f", format, "-c", "read -q -P \(pattern) 0 64k", path,
    ])
    guard read.stderr.isEmpty else { throw TestSupportError(read.description) }
    return read.stdout.isEmpty
  }

  /// Says that the file was last written so many seconds after the beginning of 2026.
  public func setLastWritten(_ seconds: Double) throws {
    let date = Date(timeIntervalSince1970: 1_767_225_600 + seconds)
    try FileManager.default.setAttributes([.modificationDate: date], ofItemAtPath: path)
  }

  /// Spoils the cluster that was written last, with `write -c`: compressed data that is none is found when it is read, not before.
  public func damageLastCluster() throws {
    let file = try FileHandle(forUpdating: URL(filePath: path))
    let size = try file.seekToEnd()
    guard size > 0 else { throw TestSupportError("'\(path)' is empty") }
    try file.seek(toOffset: (size - 1) / 65536 * 65536)
    try file.write(contentsOf: Data(repeating: 0xFF, count: 16))
    try file.close()
  }
}
