import DiskIO
import Glibc
import SystemPackage
import VMA

extension IndexedArchive {
  /// Unpacks an archive that can only be read front to back into a file without a name, which goes with this object.
  ///
  /// - Parameters:
  ///   - path: a compressed file or a pipe, or `-` for standard input.
  ///   - directory: where there is room for the plain archive.
  ///   - cancellation: asked all the time.
  /// - Throws: ``ArchiveOperationError``, ``CancelledError``.
  public convenience init(unpacking path: String, in directory: String, cancellation: Cancellation) throws {
    let name = path == "-" ? "standard input" : path
    let plain = try Self.unnamedFile(in: directory)
    do {
      let source =
        try path == "-"
        ? FileDescriptor.standardInput : OpenArchive.descriptor(path, cancellation)
      defer { if path != "-" { try? source.close() } }
      let file = ArchiveFileInput(source, cancellation: cancellation)
      let input = RecognisedInput(file)
      defer {
        file.stop()
        input.end()
      }
      let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 4096)
      defer { buffer.deallocate() }
      try ArchiveOperationError.naming(name) {
        while true {
          try cancellation.check()
          let count = try input.read(into: buffer)
          guard count > 0 else { break }
          try plain.writeAll(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
        }
      }
    } catch {
      try? plain.close()
      guard let errno = error as? Errno else { throw error }
      throw ArchiveOperationError.file(operation: "unpack", path: name, errno: errno)
    }
    try self.init(adopting: plain, name: name, cancellation: cancellation)
  }

  private static func unnamedFile(in directory: String) throws(ArchiveOperationError) -> FileDescriptor {
    do {
      return try UniqueFile.makeUnnamed(in: directory)
    } catch {
      throw .file(operation: "make a file in", path: directory, errno: error)
    }
  }
}
