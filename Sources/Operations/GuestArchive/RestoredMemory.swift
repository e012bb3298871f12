import DiskIO
import SaveImage
import VMA
import XMLTree

/// A save image that is put together while an archive's memory stream goes by.
final class RestoredMemory {
  /// The file; it has libvirt's mark of an unfinished save until ``finish()``.
  let file: PartialFile
  private var writer: SaveImageWriter?
  private let length: UInt64?
  private var next: UInt64 = 0

  /// - Parameters:
  ///   - file: an empty file.
  ///   - domain: the `<domain>` whose disks the guest opens.
  ///   - cookie: the cookie of the image that the stream comes from.
  ///   - length: the stream's true length in bytes; nil where the archive does not say.
  ///   - resumes: whether the guest runs once it is restored.
  /// - Throws: `SaveImageError`.
  init(_ file: PartialFile, domain: XMLElement, cookie: String?, length: UInt64?, resumes: Bool) throws {
    self.file = file
    self.length = length
    writer = try SaveImageWriter(
      to: file.descriptor, domainXML: Array(domain.text(layout: .libvirt).utf8),
      cookieXML: cookie.map { Array($0.utf8) }, resumesGuest: resumes)
  }

  /// Takes the next stretch of the stream.
  ///
  /// - Throws: ``GuestArchiveError`` for one that is not the next, `SaveImageError`.
  func take(_ run: ArchiveRun) throws {
    guard run.offset == next else { throw GuestArchiveError.memoryOrder(offset: run.offset, expected: next) }
    next += run.length
    // What fills the last cluster or sector is not the stream's.
    let wanted = min(run.length, (length ?? .max) - min(length ?? .max, run.offset))
    switch run.content {
    case .data(let bytes):
      try writer?.write(bytes.prefix(Int(clamping: wanted)))
    case .zeros:
      var rest = wanted
      let zeros = [UInt8](repeating: 0, count: Int(min(rest, 1 << 20)))
      while rest > 0 {
        let step = Int(min(rest, UInt64(zeros.count)))
        try writer?.write(zeros.prefix(step))
        rest -= UInt64(step)
      }
    }
  }

  /// Marks the save as finished.
  ///
  /// - Throws: ``ArchiveOperationError`` for a stream that is shorter than the archive says, `SaveImageError`.
  func finish() throws {
    if let length, next < length {
      throw ArchiveOperationError.memoryLength(recorded: length, held: next)
    }
    guard let writer = writer.take() else { return }
    try writer.finish()
  }
}
