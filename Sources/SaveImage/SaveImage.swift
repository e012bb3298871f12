import SystemPackage
import XMLTree

/// A save image that has been read: what libvirt writes at `managedsave`, `save`, and as the memory of an external
/// snapshot.
///
/// Holds everything but the memory stream, which stays in the file from ``memoryOffset`` on, ``memoryLength``
/// bytes long.
public struct SaveImage: Equatable, Sendable {
  /// The fixed part.
  public let header: SaveImageHeader

  /// The domain XML as it stands in the file. It decides which disks a restored guest opens.
  public let domainXML: [UInt8]

  /// The cookie as it stands in the file: what libvirt must know to restore exactly the same virtual CPU.
  public let cookieXML: [UInt8]?

  /// Bytes from ``memoryOffset`` to the end of the file.
  public let memoryLength: Int

  /// Where the memory stream starts, in bytes from the start of the file.
  public var memoryOffset: Int { header.memoryOffset }

  /// Reads a finished save image; the memory stream is looked at (its first 8 bytes) but not read.
  /// - Parameter file: open for reading and seekable; its position is left undefined.
  /// - Throws: ``SaveImageError``; an unfinished save and a truncated file are errors, a compression is not.
  public init(reading file: FileDescriptor) throws(SaveImageError) {
    let size = try Self.size(of: file)
    header = try SaveImageHeader(bytes: Self.read(file, at: 0, count: SaveImageHeader.size))
    guard header.isComplete else { throw .incomplete }
    guard header.memoryOffset <= size else {
      throw .truncated(part: .domainXML, offset: size, expected: header.memoryOffset)
    }
    // The length is bounded by the file's own size, so a hostile header cannot make this allocate more.
    let data = try Self.read(file, at: SaveImageHeader.size, count: header.dataLength)
    guard data.count == header.dataLength else {
      throw .truncated(
        part: .domainXML, offset: SaveImageHeader.size + data.count, expected: header.memoryOffset)
    }
    let cookieStart = header.cookieOffset
    domainXML = try Self.text(.domainXML, in: data[..<(cookieStart ?? data.count)], root: "domain")
    cookieXML =
      if let cookieStart { try Self.text(.cookie, in: data[cookieStart...], root: "cookie") } else { nil }
    memoryLength = size - header.memoryOffset
    try checkStart(of: Self.read(file, at: header.memoryOffset, count: MigrationStream.start.count))
  }

  /// Makes sure that the memory stream can be used as it is.
  /// - Throws: ``SaveImageError/compressed(_:)`` where it cannot.
  public func requireRawMemory() throws(SaveImageError) {
    guard header.compression == .raw else { throw .compressed(header.compression) }
  }

  private func checkStart(of memory: [UInt8]) throws(SaveImageError) {
    guard !memory.isEmpty else {
      throw .truncated(part: .memory, offset: memoryOffset, expected: memoryOffset + 1)
    }
    guard header.compression == .raw else { return }
    guard memory == MigrationStream.start else {
      throw MigrationStream.start.starts(with: memory)
        ? .truncated(
          part: .memory, offset: memoryOffset + memory.count,
          expected: memoryOffset + MigrationStream.start.count)
        : .notAMigrationStream(offset: memoryOffset)
    }
  }

  /// The bytes up to the first NUL, which must be there.
  private static func text(
    _ part: SaveImageError.Part, in data: ArraySlice<UInt8>, root: String
  ) throws(SaveImageError) -> [UInt8] {
    let offset = SaveImageHeader.size + data.startIndex
    guard let end = data.firstIndex(of: 0) else { throw .unterminated(part: part, offset: offset) }
    let text = Array(data[..<end])
    try requireRoot(root, of: text, part: part, offset: offset)
    return text
  }

  static func requireRoot(
    _ root: String, of text: [UInt8], part: SaveImageError.Part, offset: Int
  ) throws(SaveImageError) {
    let document: XMLDocument
    do {
      document = try XMLDocument.parse(text)
    } catch {
      throw .malformed(part: part, offset: offset, cause: error)
    }
    guard document.root.qualifiedName == root else {
      throw .unexpectedRoot(part: part, offset: offset, name: document.root.qualifiedName)
    }
  }
}
