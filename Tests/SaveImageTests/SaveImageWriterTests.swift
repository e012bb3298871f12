import SystemPackage
import TestSupport
import Testing

@testable import SaveImage

@Suite("Writing save images")
struct SaveImageWriterTests {
  private let directory: TemporaryDirectory
  private let xml = Array("<domain type='qemu'><name>g</name></domain>\n".utf8)
  private let cookie = Array("<cookie>\n</cookie>\n".utf8)
  private let memory = MigrationStream.start + (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0) }

  init() throws {
    directory = try TemporaryDirectory()
  }

  private func withFile<Value>(_ name: String, _ body: (FileDescriptor) throws -> Value) throws -> Value {
    let file = try FileDescriptor.open(
      FilePath(directory.file(name)), .readWrite, options: [.create], permissions: .ownerReadWrite)
    return try file.closeAfter { try body(file) }
  }

  @Test("what is written reads back the same, with room to edit the XML in place")
  func roundTrip() throws {
    try withFile("image") { file in
      var writer = try SaveImageWriter(to: file, domainXML: xml, cookieXML: cookie, resumesGuest: false)
      for start in stride(from: 0, to: memory.count, by: 65_537) {
        try writer.write(memory[start..<min(start + 65_537, memory.count)])
      }
      #expect(writer.memoryLength == memory.count)
      try writer.finish()
      let image = try SaveImage(reading: file)
      #expect(image.domainXML == xml)
      #expect(image.cookieXML == cookie)
      #expect(image.header.wasRunning == false)
      #expect(image.header.dataLength == xml.count + 1 + cookie.count + 1 + 65_536)
      #expect(image.memoryLength == memory.count)
      #expect(try SaveImage.read(file, at: image.memoryOffset, count: image.memoryLength) == memory)
    }
  }

  @Test("an image of libvirt's is written again byte for byte")
  func golden() throws {
    let path = testdata("save-image/libvirt-9.0.save-head")
    let source = try FileDescriptor.open(FilePath(path), .readOnly)
    defer { try? source.close() }
    let original = try SaveImage(reading: source)
    try withFile("copy") { file in
      var writer = try SaveImageWriter(
        to: file, domainXML: original.domainXML, cookieXML: original.cookieXML)
      try writer.write(from: source, offset: original.memoryOffset, length: original.memoryLength)
      try writer.finish()
    }
    let written = try run(["cmp", directory.file("copy"), path])
    #expect(written.succeeded, "\(written)")
  }

  @Test("until it is finished the file is what libvirt calls an unfinished save")
  func unfinished() throws {
    try withFile("image") { file in
      var writer = try SaveImageWriter(to: file, domainXML: xml)
      try writer.write(memory)
      #expect(throws: SaveImageError.incomplete) { try SaveImage(reading: file) }
      try writer.finish()
      #expect(try SaveImage(reading: file).cookieXML == nil)
    }
  }

  @Test("a stream that is not QEMU's is refused at its first bytes, however they are cut")
  func foreignStream() throws {
    try withFile("image") { file in
      var writer = try SaveImageWriter(to: file, domainXML: xml)
      try writer.write(Array("QEV".utf8))
      let offset = 92 + xml.count + 1 + 65_536
      #expect(throws: SaveImageError.notAMigrationStream(offset: offset)) { try writer.write([0x20]) }
    }
    try withFile("short") { file in
      var writer = try SaveImageWriter(to: file, domainXML: xml)
      try writer.write(MigrationStream.start.prefix(5))
      let offset = 92 + xml.count + 1 + 65_536
      let expected = SaveImageError.truncated(part: .memory, offset: offset + 5, expected: offset + 8)
      do {
        try writer.finish()
        Issue.record("a stream of 5 bytes was taken")
      } catch {
        #expect(error as? SaveImageError == expected)
      }
    }
  }

  @Test("a source that ends early is an error that says where")
  func shrunkenSource() throws {
    try withFile("source") { source in
      try source.writeAll(memory.prefix(100))
      try withFile("image") { file in
        var writer = try SaveImageWriter(to: file, domainXML: xml)
        #expect(throws: SaveImageError.truncated(part: .memory, offset: 100, expected: 200)) {
          try writer.write(from: source, offset: 0, length: 200)
        }
      }
    }
  }

  @Test("texts that would not come back are refused")
  func unwritableTexts() throws {
    try withFile("image") { file in
      #expect(throws: SaveImageError.unwritable(part: .domainXML)) {
        _ = try SaveImageWriter(to: file, domainXML: xml + [0])
      }
      #expect(throws: SaveImageError.unwritable(part: .cookie)) {
        _ = try SaveImageWriter(to: file, domainXML: xml, cookieXML: [0])
      }
      #expect(throws: SaveImageError.unexpectedRoot(part: .domainXML, offset: 92, name: "cookie")) {
        _ = try SaveImageWriter(to: file, domainXML: cookie)
      }
      let size = try file.seek(offset: 0, from: .end)
      #expect(size == 0)
    }
  }

  @Test("a full disk is told with its errno")
  func fullDisk() throws {
    let full = try FileDescriptor.open("/dev/full", .writeOnly)
    defer { try? full.close() }
    #expect(throws: SaveImageError.system(operation: "write", errno: .noSpace)) {
      _ = try SaveImageWriter(to: full, domainXML: xml)
    }
  }
}
