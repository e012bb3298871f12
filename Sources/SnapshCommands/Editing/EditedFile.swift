import DiskIO
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
    let file: FileDescriptor
    do {
      // Nobody else may read it: documents may hold passwords.
      (file, path) = try UniqueFile.make("\(directory)/snapsh", suffix: ".xml")
    } catch {
      throw CommandFailure("cannot make a file in \(directory): \(error)")
    }
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
