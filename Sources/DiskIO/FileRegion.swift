/// A part of a file as something to archive: the memory stream inside of a save image.
///
/// The bytes up to the next 512-byte boundary are made up as zeros. Nothing in it is taken for a hole.
public final class FileRegion: DiskSource {
  private let file: ImageFile
  private let start: UInt64

  /// The true length in bytes.
  public let contentSize: UInt64
  /// The length rounded up to 512 bytes.
  public let size: UInt64
  /// The path as it was given.
  public var name: String { file.path }

  /// Opens a part of a file.
  ///
  /// - Parameters:
  ///   - path: a regular file.
  ///   - offset: where the part begins, in bytes.
  ///   - length: how long it is, in bytes; more than 0.
  /// - Throws: ``DiskIOError``: `.empty` for no bytes, `.shrank` for a file that is shorter.
  public init(path: String, offset: UInt64, length: UInt64) throws(DiskIOError) {
    file = try ImageFile(path: path, writable: false)
    guard length > 0 else { throw DiskIOError.empty(path: path) }
    let (end, overflow) = offset.addingReportingOverflow(length)
    guard !overflow, let size = roundedToSectors(length), try file.currentSize() >= end else {
      throw DiskIOError.shrank(path: path, offset: offset, size: length)
    }
    start = offset
    contentSize = length
    self.size = size
  }

  /// Everything from `offset` on is data.
  public func extent(at offset: UInt64) throws(DiskIOError) -> DiskExtent {
    try requireRange(offset, 1)
    return DiskExtent(offset: offset, length: size - offset, isData: true)
  }

  /// Fills the buffer from the file, and what lies past the part with zeros.
  public func read(into buffer: UnsafeMutableRawBufferPointer, at offset: UInt64) throws(DiskIOError) {
    try requireRange(offset, buffer.count)
    let present = Int(clamping: contentSize - min(contentSize, offset))
    let wanted = min(present, buffer.count)
    let part = UnsafeMutableRawBufferPointer(rebasing: buffer[..<wanted])
    guard try file.read(into: part, at: start + offset) == wanted else {
      throw DiskIOError.shrank(path: name, offset: start + offset, size: start + contentSize)
    }
    UnsafeMutableRawBufferPointer(rebasing: buffer[wanted...]).initializeMemory(as: UInt8.self, repeating: 0)
  }
}
