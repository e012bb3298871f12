import Glibc
import SystemPackage

/// A file on its way to its place, told so that another process can take it away again.
struct RestoredFile: Codable, Equatable {
  /// Where it is until it is whole.
  var draft: String
  /// Its first name; not yet `place` as long as something is there.
  var name: String
  /// Where it ends up.
  var place: String
  /// Where what was in its place goes; nil where nothing was.
  var former: String?
  /// The file itself, by whatever name.
  var device: UInt64
  /// Its number on that device.
  var inode: UInt64
  /// When it was last written to before any guest could have it, nanoseconds since 1970; nil until it has its name.
  var sealed: Int64?

  /// Takes the file away, and puts back what was in its place; does nothing where that was done.
  ///
  /// Only the very file that was made is ever removed, whoever may have taken its place since.
  /// - Throws: ``ArchiveOperationError``.
  func takeAway() throws {
    for path in Set([draft, name, place]) where try isThis(path) { try UnneededFiles.remove([path]) }
    guard let former else { return }
    var status = stat()
    guard lstat(former, &status) == 0, lstat(place, &status) != 0 else { return }
    try Self.move(former, to: place)
  }

  /// Lets go of what was in its place.
  func removeFormer() throws {
    if let former { try UnneededFiles.remove([former]) }
  }

  /// Moves a file, replacing nothing that is not meant to be.
  static func move(_ path: String, to other: String) throws {
    guard rename(path, other) == 0 else {
      throw ArchiveOperationError.file(operation: "move", path: path, errno: Errno(rawValue: errno))
    }
  }

  /// Whether the file has its place.
  var isInPlace: Bool { (try? isThis(place)) == true }

  /// Whether nothing else has its place.
  var isInPlaceOrGone: Bool {
    var status = stat()
    return isInPlace || lstat(place, &status) != 0
  }

  /// The same file, complete: whatever is written from now on is not ours.
  func sealedNow() throws -> RestoredFile {
    var file = self
    file.sealed = try lastWritten()
    return file
  }

  /// Whether somebody has written to it in its place since.
  func isWrittenSince() throws -> Bool {
    guard let sealed, try isThis(place) else { return false }
    return try lastWritten() != sealed
  }

  private func lastWritten() throws -> Int64 {
    var status = stat()
    guard lstat(place, &status) == 0 else {
      throw ArchiveOperationError.file(operation: "look at", path: place, errno: Errno(rawValue: errno))
    }
    return Int64(status.st_mtim.tv_sec) * 1_000_000_000 + Int64(status.st_mtim.tv_nsec)
  }

  private func isThis(_ path: String) throws -> Bool {
    var status = stat()
    guard lstat(path, &status) == 0 else { return false }
    return UInt64(status.st_dev) == device && UInt64(status.st_ino) == inode
  }
}
