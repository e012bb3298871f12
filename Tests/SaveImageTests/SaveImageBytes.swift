import SystemPackage
import TestSupport

@testable import SaveImage

/// A save image put together byte by byte, so that each byte can be made wrong.
struct SaveImageBytes {
  var magic = "LibvirtQemudSave"
  var version: UInt32 = 2
  var dataLength: UInt32?
  var wasRunning: UInt32 = 1
  var compression: UInt32 = 0
  var cookieOffset: UInt32?
  var domainXML = Array("<domain type='qemu'><name>g</name></domain>".utf8)
  var cookieXML: [UInt8]? = Array("<cookie/>".utf8)
  var terminator: [UInt8] = [0]
  var padding = [UInt8](repeating: 0, count: 32)
  var memory = MigrationStream.start + [1, 2, 3, 4]

  /// XML, cookie and padding as they will stand in the file.
  var data: [UInt8] {
    domainXML + terminator + (cookieXML.map { $0 + terminator } ?? []) + padding
  }

  var bytes: [UInt8] {
    let cookie = cookieXML == nil ? 0 : UInt32(domainXML.count + terminator.count)
    let words = [
      version, dataLength ?? UInt32(data.count), wasRunning, compression, cookieOffset ?? cookie,
    ]
    let header =
      Array(magic.utf8) + words.flatMap { word in withUnsafeBytes(of: word) { Array($0) } }
      + [UInt8](repeating: 0, count: 56)
    return header + data + memory
  }

  /// Reads the bytes as a file.
  func read() throws -> SaveImage {
    try Self.read(bytes)
  }

  static func read(_ bytes: [UInt8]) throws -> SaveImage {
    let directory = try TemporaryDirectory()
    return try read(path: try directory.write(bytes, to: "image"))
  }

  static func read(path: String) throws -> SaveImage {
    let file = try FileDescriptor.open(FilePath(path), .readOnly)
    defer { try? file.close() }
    return try SaveImage(reading: file)
  }
}
