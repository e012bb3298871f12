import CLibCrypto
import VMA

enum ArchiveFuzzing {
  static func run(_ bytes: UnsafeRawBufferPointer) {
    let archive = [UInt8](bytes)
    read(archive)
    // Random bytes hardly ever carry the right MD5, and what is behind the checksums is meant.
    let sealed = sealed(archive)
    if sealed != archive { read(sealed) }
  }

  private static func read(_ archive: [UInt8]) {
    for depth in [CheckDepth.structure, .data] {
      do {
        let reader = try ArchiveReader(input: MemoryInput(archive))
        let devices = Dictionary(
          reader.header.devices.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        _ = try reader.read(checking: depth) { run in
          guard let device = devices[run.device.id] else {
            preconditionFailure("a run of a device that the header does not have")
          }
          precondition(run.length > 0, "an empty run")
          precondition(device.isVMState || run.offset + run.length <= device.size, "a run outside its device")
        }
      } catch is VMAError {
        continue
      } catch {
        preconditionFailure("an error that is none of the reader's: \(error)")
      }
    }
  }

  /// The archive with the checksums of its header and of all extents that can be found from it made right.
  private static func sealed(_ archive: [UInt8]) -> [UInt8] {
    var archive = archive
    guard archive.count >= 12288 else { return archive }
    let size = archive[56..<60].reduce(0) { $0 << 8 | Int($1) }
    guard size >= 12288, size <= archive.count else { return archive }
    seal(&archive, 0..<size, fieldOffset: 32)
    let uuid = Array(archive[8..<24])
    var next = size
    while next + 512 <= archive.count {
      archive.replaceSubrange(next + 8..<next + 24, with: uuid)
      seal(&archive, next..<next + 512, fieldOffset: 24)
      next += 512 + 4096 * (Int(archive[next + 6]) << 8 | Int(archive[next + 7]))
    }
    return archive
  }

  private static func seal(_ archive: inout [UInt8], _ range: Range<Int>, fieldOffset: Int) {
    let field = range.lowerBound + fieldOffset..<range.lowerBound + fieldOffset + 16
    archive.replaceSubrange(field, with: repeatElement(0, count: 16))
    var digest = [UInt8](repeating: 0, count: 16)
    var length = 0
    let done = archive[range].withUnsafeBytes {
      EVP_Q_digest(nil, "MD5", "-fips", $0.baseAddress, $0.count, &digest, &length)
    }
    precondition(done == 1 && length == 16, "libcrypto offers no MD5")
    archive.replaceSubrange(field, with: digest)
  }
}

/// Bytes as an archive's input. The reader's thread and its maker take turns.
private final class MemoryInput: ArchiveInput, @unchecked Sendable {
  private let bytes: [UInt8]
  private var position = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  func read(into buffer: UnsafeMutableRawBufferPointer) -> Int {
    let count = min(buffer.count, bytes.count - position)
    buffer.copyBytes(from: bytes[position..<position + count])
    position += count
    return count
  }
}
