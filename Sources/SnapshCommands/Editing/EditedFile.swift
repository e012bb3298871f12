import Glibc
import SystemPackage

/// A document in a file that only its person may read, for as long as it is edited.
final class EditedFile {
  /// Where it is; a name of its own below `$TMPDIR`.
  let path: String

  /// Makes the file.
  ///
  /// - Throws: ``CommandFailure`` when it cannot be made or written.
  init(holding text: String, environment: [String: String]) throws {
    let directory = environment["TMPDIR"].flatMap { $0.isEmpty ? nil : $0 } ?? "/tmp"
    var name = Array("\(directory)/snapshXXXXXX.xml".utf8CString)
    // The file is made with mode 0600: documents may hold passwords.
    let descriptor = mkstemps(&name, 4)
    path = String(decoding: name.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    guard descriptor >= 0 else {
      throw CommandFailure("cannot make a file in \(directory): \(Errno(rawValue: errno).description)")
    }
    let file = FileDescriptor(rawValue: descriptor)
    defer { try? file.close() }
    do {
      _ = try file.writeAll(Array(text.utf8))
    } catch {
      unlink(path)
      throw CommandFailure("cannot write '\(path)': \(error)")
    }
  }

  /// What is in it now.
  func text() throws -> String {
    try XMLFile(path: path).text()
  }

  /// Removes it: what it holds is not needed any more.
  func remove() {
    unlink(path)
  }
}
