import SystemPackage

/// Writes a save image that libvirt restores, from a domain XML, a cookie and a memory stream.
///
/// The file carries the magic of an unfinished save until ``finish()``: whatever interrupts the writing, libvirt will refuse
/// the file instead of restoring half a guest.
public struct SaveImageWriter: ~Copyable {
  /// Zero bytes behind XML and cookie, as many as libvirt leaves, so that the XML can be edited in place.
  static let padding = 64 << 10

  private let file: FileDescriptor
  private var header: SaveImageHeader
  private var start: [UInt8]

  /// Bytes of memory stream written so far.
  public private(set) var memoryLength: Int

  /// Writes everything that stands before the memory stream.
  /// - Parameters:
  ///   - file: empty, seekable, open for writing at its start; it stays the caller's to close.
  ///   - domainXML: the `<domain>` whose disks the restored guest opens.
  ///   - cookieXML: the `<cookie>` of the image that the stream comes from; libvirt also restores without one.
  ///   - resumesGuest: whether a restore resumes the guest, or leaves it paused.
  /// - Throws: ``SaveImageError``.
  public init(
    to file: FileDescriptor, domainXML: [UInt8], cookieXML: [UInt8]? = nil, resumesGuest: Bool = true
  ) throws(SaveImageError) {
    let (header, data) = try Self.beginning(domainXML, cookieXML, resumesGuest: resumesGuest)
    _ = try SaveImage.system("write") { try file.writeAll(header.bytes + data) }
    self.file = file
    self.header = header
    start = []
    memoryLength = 0
  }

  /// Adds to the memory stream.
  /// - Parameter bytes: the next bytes of QEMU's migration stream, uncompressed.
  /// - Throws: ``SaveImageError``; the file is then of no use.
  public mutating func write(_ bytes: some Collection<UInt8>) throws(SaveImageError) {
    if start.count < MigrationStream.start.count {
      start += bytes.prefix(MigrationStream.start.count - start.count)
      guard MigrationStream.start.starts(with: start) else {
        throw .notAMigrationStream(offset: header.memoryOffset)
      }
    }
    _ = try SaveImage.system("write") { try file.writeAll(bytes) }
    memoryLength += bytes.count
  }

  /// Adds a part of another file to the memory stream, a mebibyte at a time.
  /// - Parameters:
  ///   - source: open for reading and seekable.
  ///   - offset: where the part begins, in bytes.
  ///   - length: how long it is, in bytes.
  ///   - proceed: asked before each piece; what it throws ends the copy.
  /// - Throws: ``SaveImageError``, also when the source ends early, or what `proceed` throws.
  public mutating func write(
    from source: FileDescriptor, offset: Int, length: Int, proceed: () throws -> Void = {}
  ) throws {
    var done = 0
    while done < length {
      try proceed()
      let bytes = try SaveImage.read(source, at: offset + done, count: min(1 << 20, length - done))
      guard !bytes.isEmpty else {
        throw SaveImageError.truncated(
          part: .memory, offset: offset + done, expected: offset + length)
      }
      try write(bytes)
      done += bytes.count
    }
  }

  /// Flushes the file to disk, then marks it as a finished save.
  /// - Throws: ``SaveImageError``.
  public consuming func finish() throws(SaveImageError) {
    guard start == MigrationStream.start else {
      throw .truncated(
        part: .memory, offset: header.memoryOffset + start.count,
        expected: header.memoryOffset + MigrationStream.start.count)
    }
    header.isComplete = true
    let (file, bytes) = (file, header.bytes)
    try SaveImage.synchronize(file)
    _ = try SaveImage.system("write") { try file.writeAll(toAbsoluteOffset: 0, bytes) }
    try SaveImage.synchronize(file)
  }

  /// The header of an unfinished save, and all bytes between it and the memory stream.
  private static func beginning(
    _ domainXML: [UInt8], _ cookieXML: [UInt8]?, resumesGuest: Bool
  ) throws(SaveImageError) -> (header: SaveImageHeader, data: [UInt8]) {
    var data: [UInt8] = []
    try append(domainXML, as: .domainXML, root: "domain", to: &data)
    let cookieOffset = cookieXML == nil ? nil : data.count
    if let cookieXML { try append(cookieXML, as: .cookie, root: "cookie", to: &data) }
    data += [UInt8](repeating: 0, count: padding)
    let header = SaveImageHeader(
      isComplete: false, dataLength: data.count, wasRunning: resumesGuest, compression: .raw,
      cookieOffset: cookieOffset)
    return (header, data)
  }

  private static func append(
    _ text: [UInt8], as part: SaveImageError.Part, root: String, to data: inout [UInt8]
  ) throws(SaveImageError) {
    guard !text.contains(0), data.count + text.count < SaveImageHeader.maximumDataLength - Self.padding else {
      throw .unwritable(part: part)
    }
    try SaveImage.requireRoot(root, of: text, part: part, offset: SaveImageHeader.size + data.count)
    data += text + [0]
  }
}
