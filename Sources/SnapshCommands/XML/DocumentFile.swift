import SystemPackage
import XMLTree

/// A document that cannot be read; its content is not to blame.
struct UnreadableDocument: Error, Equatable, CustomStringConvertible {
  enum Reason: Equatable {
    case system(Errno)
    case tooLarge
  }

  /// The file as it was given.
  let file: String
  let reason: Reason

  /// The reason without the file's name.
  var message: String {
    switch reason {
    case .system(let errno): "cannot be read: \(errno)"
    case .tooLarge: "has more than the \(XMLDocument.maximumSize) bytes that are read of a document"
    }
  }

  var description: String { "\(file): \(message)" }
}

/// A document named on the command line: a file, or `-` for standard input.
struct DocumentFile: Equatable {
  /// What stands for standard input.
  static let standardInput = "-"

  /// The name as it was given.
  let name: String

  /// What messages call it.
  var shownName: String { name == Self.standardInput ? "(standard input)" : name }

  /// The whole document; `-` stands for `input`.
  ///
  /// - Throws: ``UnreadableDocument``.
  func bytes(standardInput input: FileDescriptor = .standardInput) throws(UnreadableDocument) -> [UInt8] {
    do {
      guard name != Self.standardInput else { return try readAll(input) }
      let file = try FileDescriptor.open(FilePath(name), .readOnly, options: .closeOnExec)
      return try file.closeAfter { try readAll(file) }
    } catch let error as UnreadableDocument {
      throw error
    } catch {
      throw UnreadableDocument(file: shownName, reason: .system(error as? Errno ?? .ioError))
    }
  }

  private func readAll(_ file: FileDescriptor) throws -> [UInt8] {
    var bytes: [UInt8] = []
    while true {
      let piece = try [UInt8](unsafeUninitializedCapacity: 64 << 10) { buffer, count in
        count = try file.read(into: UnsafeMutableRawBufferPointer(buffer))
      }
      if piece.isEmpty { return bytes }
      bytes += piece
      guard bytes.count <= XMLDocument.maximumSize else {
        throw UnreadableDocument(file: shownName, reason: .tooLarge)
      }
    }
  }

  /// The documents of a command line.
  ///
  /// - Throws: ``CommandFailure`` when standard input is named twice: it can be read once.
  static func list(_ names: [String]) throws -> [DocumentFile] {
    guard names.count(where: { $0 == standardInput }) < 2 else {
      throw CommandFailure("'-' is given twice, but standard input can be read only once", exitStatus: 2)
    }
    return names.map(DocumentFile.init)
  }
}
