import Glibc
import SystemPackage
import XMLTree

/// A document that a person names by its file: read whole, bounded, as UTF-8 text that libvirt can take.
struct XMLFile {
  /// The most that is read, in bytes: virsh's own bound of 10 MiB.
  static let maximumSize = 10 << 20

  let path: String

  /// The document's text.
  ///
  /// A file in another encoding that it declares is turned into UTF-8, because libvirt ignores the declaration.
  /// - Throws: ``CommandFailure`` with one sentence; what is well-formed but wrong is left for libvirt to say.
  func text() throws -> String {
    let bytes = try bytes()
    guard bytes.contains(where: { !Self.whitespace.contains($0) }) else {
      throw CommandFailure("File '\(path)' is empty: an XML document is expected")
    }
    if !bytes.contains(0), let text = String(validating: bytes, as: UTF8.self) { return text }
    do {
      let document = try XMLDocument.parse(bytes, fileName: path)
      return String(decoding: document.bytes(layout: .asParsed), as: UTF8.self)
    } catch {
      throw CommandFailure("File '\(path)' is not an XML document", cause: error)
    }
  }

  private static let whitespace: Set<UInt8> = [0x09, 0x0A, 0x0D, 0x20]

  private func bytes() throws -> [UInt8] {
    let descriptor: FileDescriptor
    do {
      descriptor = try FileDescriptor.open(FilePath(path), .readOnly, options: [.closeOnExec])
    } catch let error as Errno {
      throw CommandFailure("Failed to open file '\(path)': \(error.description)")
    }
    defer { try? descriptor.close() }
    var content: [UInt8] = []
    do {
      var buffer = [UInt8](repeating: 0, count: 64 << 10)
      while true {
        let count = try buffer.withUnsafeMutableBytes { try descriptor.read(into: $0) }
        if count == 0 { return content }
        content += buffer.prefix(count)
        if content.count > Self.maximumSize {
          throw Errno(rawValue: EOVERFLOW)
        }
      }
    } catch let error as Errno {
      throw CommandFailure("Failed to read file '\(path)': \(error.description)")
    }
  }
}
