/// The fixed part at the start of a save image: 92 bytes, integers in the host's byte order.
///
/// Layout of libvirt's `virQEMUSaveHeader`: magic (16 bytes), version, data length, was-running, compression,
/// cookie offset (32 bits each), then 56 bytes of zeros.
public struct SaveImageHeader: Equatable, Sendable {
  /// The header's size in bytes; the domain XML follows it.
  public static let size = 92

  /// The only version of the format.
  static let version: UInt32 = 2

  /// More bytes between header and memory than any libvirt writes: it pads XML and cookie by 64 KiB.
  public static let maximumDataLength = 64 << 20

  /// Whether the save was finished. libvirt restores nothing else.
  public var isComplete: Bool

  /// Bytes between the header and the memory stream: XML, cookie, padding.
  public var dataLength: Int

  /// Whether a restore resumes the guest, or leaves it paused.
  public var wasRunning: Bool

  /// How the memory stream is compressed.
  public var compression: SaveImageCompression

  /// Where the cookie starts, in bytes after the header; nil when there is none.
  public var cookieOffset: Int?

  /// Where the memory stream starts, in bytes from the start of the file.
  public var memoryOffset: Int { Self.size + dataLength }

  private enum Magic {
    static let complete = Array("LibvirtQemudSave".utf8)
    static let partial = Array("LibvirtQemudPart".utf8)
  }

  init(
    isComplete: Bool, dataLength: Int, wasRunning: Bool, compression: SaveImageCompression,
    cookieOffset: Int?
  ) {
    self.isComplete = isComplete
    self.dataLength = dataLength
    self.wasRunning = wasRunning
    self.compression = compression
    self.cookieOffset = cookieOffset
  }

  /// Reads a header.
  /// - Parameter bytes: the first 92 bytes of the file, or as many as there are.
  /// - Throws: ``SaveImageError`` for anything libvirt would not restore, but for an unfinished save and a
  ///   compression, which the header tells instead.
  init(bytes: [UInt8]) throws(SaveImageError) {
    let magic = Array(bytes.prefix(16))
    guard magic == Magic.complete || magic == Magic.partial else { throw .notASaveImage }
    guard bytes.count >= Self.size else {
      throw .truncated(part: .header, offset: bytes.count, expected: Self.size)
    }
    func word(_ index: Int) -> UInt32 {
      let start = 16 + index * 4
      return UInt32(littleEndian: (0..<4).reversed().reduce(0) { $0 << 8 | UInt32(bytes[start + $1]) })
    }
    guard word(0) == Self.version else {
      throw word(0).byteSwapped == Self.version ? .otherByteOrder : .unsupportedVersion(word(0))
    }
    guard let length = Int(exactly: word(1)), length <= Self.maximumDataLength else {
      throw .dataTooLong(word(1))
    }
    let offset = word(4)
    guard offset < length || offset == 0 else {
      throw .cookieOutside(offset: offset, dataLength: length)
    }
    isComplete = magic == Magic.complete
    dataLength = length
    wasRunning = word(2) != 0
    compression = SaveImageCompression(number: word(3))
    cookieOffset = offset == 0 ? nil : Int(offset)
  }

  /// The header's 92 bytes.
  var bytes: [UInt8] {
    var bytes = isComplete ? Magic.complete : Magic.partial
    let words = [
      Self.version, UInt32(clamping: dataLength), wasRunning ? 1 : 0, compression.number,
      UInt32(clamping: cookieOffset ?? 0),
    ]
    for word in words.map(\.littleEndian) {
      for shift in stride(from: UInt32(0), to: 32, by: 8) {
        bytes.append(UInt8(truncatingIfNeeded: word >> shift))
      }
    }
    return bytes + [UInt8](repeating: 0, count: Self.size - bytes.count)
  }
}
