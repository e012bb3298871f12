import CLinux
import SaveImage
import SystemPackage

enum SaveImageFuzzing {
  /// The file that each input is put into.
  private static let file: FileDescriptor = {
    let descriptor = memfd_create("save-image", UInt32(LINUX_MFD_CLOEXEC))
    precondition(descriptor >= 0, "no file in memory to be had")
    return FileDescriptor(rawValue: descriptor)
  }()

  static func run(_ bytes: UnsafeRawBufferPointer) {
    fill(bytes)
    do {
      let image = try SaveImage(reading: file)
      precondition(image.memoryOffset + image.memoryLength == bytes.count, "memory beyond the file's end")
      var copied = 0
      try image.copyMemory(from: file) { copied += $0.count }
      precondition(copied == image.memoryLength, "not all of the memory was copied")
    } catch is SaveImageError {
      // Refused, as most are.
    } catch {
      preconditionFailure("an error that is none of the reader's: \(error)")
    }
    check(bytes, pieceSize: 7)
    check(bytes, pieceSize: 4096)
  }

  /// The bytes as a migration stream, in pieces as a socket gives them.
  private static func check(_ bytes: UnsafeRawBufferPointer, pieceSize: Int) {
    var stream = MigrationStreamCheck()
    do throws(MigrationStreamCheck.Fault) {
      for start in stride(from: 0, to: bytes.count, by: pieceSize) {
        let piece = bytes[start..<min(start + pieceSize, bytes.count)]
        try stream.take(UnsafeRawBufferPointer(rebasing: piece))
      }
      try stream.checkComplete()
    } catch {
      return
    }
    precondition(stream.length <= UInt64(bytes.count), "a stream longer than its bytes")
  }

  private static func fill(_ bytes: UnsafeRawBufferPointer) {
    do {
      try file.resize(to: 0)
      _ = try file.writeAll(toAbsoluteOffset: 0, bytes)
    } catch {
      preconditionFailure("the file in memory cannot be written: \(error)")
    }
  }
}
