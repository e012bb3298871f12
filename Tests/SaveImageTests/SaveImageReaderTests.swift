import SystemPackage
import TestSupport
import Testing
import XMLTree

@testable import SaveImage

@Suite("Reading save images")
struct SaveImageReaderTests {
  @Test("an image that libvirt 9.0 wrote gives its XML, its cookie and the place of the memory")
  func golden() throws {
    let image = try SaveImageBytes.read(path: testdata("save-image/libvirt-9.0.save-head"))
    #expect(image.header.wasRunning)
    #expect(image.header.compression == .raw)
    #expect(image.memoryLength == 4096)
    #expect(image.memoryOffset == 92 + image.header.dataLength)
    let domain = try XMLDocument.parse(image.domainXML).root
    #expect(domain.firstElement(named: "name")?.stringValue == "golden")
    let cookie = try XMLDocument.parse(try #require(image.cookieXML)).root
    #expect(cookie.firstElement(named: "cpu")?.attribute("mode") == "custom")
    try image.requireRawMemory()
  }

  @Test("the parts come back as they stand in the file")
  func parts() throws {
    let bytes = SaveImageBytes()
    let image = try bytes.read()
    #expect(image.domainXML == bytes.domainXML)
    #expect(image.cookieXML == bytes.cookieXML)
    #expect(image.memoryOffset == 92 + bytes.data.count)
    #expect(image.memoryLength == bytes.memory.count)
    #expect(image.header.wasRunning)
    #expect(try SaveImageBytes(wasRunning: 0, cookieXML: nil).read().header.wasRunning == false)
    #expect(try SaveImageBytes(cookieXML: nil).read().cookieXML == nil)
  }

  @Test("an image cut anywhere is refused, and never taken for a shorter one")
  func cutAnywhere() throws {
    let bytes = SaveImageBytes().bytes
    let memoryOffset = bytes.count - 12
    for length in 0..<memoryOffset + 8 {
      #expect(throws: SaveImageError.self, "cut to \(length) bytes") {
        try SaveImageBytes.read(Array(bytes.prefix(length)))
      }
    }
    #expect(throws: SaveImageError.notASaveImage) { try SaveImageBytes.read([]) }
    #expect(throws: SaveImageError.truncated(part: .header, offset: 60, expected: 92)) {
      try SaveImageBytes.read(Array(bytes.prefix(60)))
    }
    #expect(throws: SaveImageError.truncated(part: .domainXML, offset: 100, expected: memoryOffset)) {
      try SaveImageBytes.read(Array(bytes.prefix(100)))
    }
    #expect(
      throws: SaveImageError.truncated(part: .memory, offset: memoryOffset, expected: memoryOffset + 1)
    ) {
      try SaveImageBytes.read(Array(bytes.prefix(memoryOffset)))
    }
    #expect(
      throws: SaveImageError.truncated(part: .memory, offset: memoryOffset + 3, expected: memoryOffset + 8)
    ) {
      try SaveImageBytes.read(Array(bytes.prefix(memoryOffset + 3)))
    }
  }

  @Test("other files, unfinished saves and other versions are told apart")
  func identity() throws {
    #expect(throws: SaveImageError.notASaveImage) { try SaveImageBytes(magic: "QEVMQEVMQEVMQEVM").read() }
    #expect(throws: SaveImageError.incomplete) { try SaveImageBytes(magic: "LibvirtQemudPart").read() }
    #expect(throws: SaveImageError.otherByteOrder) {
      try SaveImageBytes(version: UInt32(2).byteSwapped).read()
    }
    #expect(throws: SaveImageError.unsupportedVersion(3)) { try SaveImageBytes(version: 3).read() }
    #expect(throws: SaveImageError.unsupportedVersion(0)) { try SaveImageBytes(version: 0).read() }
  }

  @Test("lengths that cannot be meant are refused before anything is read by them")
  func hostileLengths() throws {
    #expect(throws: SaveImageError.dataTooLong(.max)) { try SaveImageBytes(dataLength: .max).read() }
    let limit = UInt32(SaveImageHeader.maximumDataLength)
    #expect(throws: SaveImageError.dataTooLong(limit + 1)) {
      try SaveImageBytes(dataLength: limit + 1).read()
    }
    let size = SaveImageBytes().bytes.count
    #expect(throws: SaveImageError.truncated(part: .domainXML, offset: size, expected: 92 + Int(limit))) {
      try SaveImageBytes(dataLength: limit).read()
    }
    #expect(throws: SaveImageError.unterminated(part: .domainXML, offset: 92)) {
      try SaveImageBytes(dataLength: 0, cookieXML: nil).read()
    }
  }

  @Test("a cookie outside the data, on its end, or inside the XML is refused")
  func cookieOffsets() throws {
    let length = SaveImageBytes().data.count
    for offset in [UInt32(length), UInt32(length) + 1, .max] {
      #expect(throws: SaveImageError.cookieOutside(offset: offset, dataLength: length)) {
        try SaveImageBytes(cookieOffset: offset).read()
      }
    }
    #expect(throws: SaveImageError.unterminated(part: .domainXML, offset: 92)) {
      try SaveImageBytes(cookieOffset: 5).read()
    }
    // In the padding: an empty text, which is no XML.
    let padding = UInt32(length - 1)
    let error = #expect(throws: SaveImageError.self) { try SaveImageBytes(cookieOffset: padding).read() }
    guard case .malformed(.cookie, 92 + length - 1, _)? = error else {
      Issue.record("\(String(describing: error))")
      return
    }
  }

  @Test("texts without a NUL, not well-formed, or with another root are refused with their place")
  func texts() throws {
    #expect(throws: SaveImageError.unterminated(part: .domainXML, offset: 92)) {
      try SaveImageBytes(cookieXML: nil, terminator: [], padding: []).read()
    }
    let xml = SaveImageBytes().domainXML.count
    #expect(throws: SaveImageError.unterminated(part: .cookie, offset: 92 + xml + 1)) {
      var bytes = SaveImageBytes(padding: [])
      bytes.domainXML += [0]
      bytes.terminator = []
      bytes.cookieOffset = UInt32(xml + 1)
      return try bytes.read()
    }
    #expect(throws: SaveImageError.unexpectedRoot(part: .domainXML, offset: 92, name: "network")) {
      try SaveImageBytes(domainXML: Array("<network/>".utf8)).read()
    }
    for broken in [Array("<domain>".utf8), [], [0xff, 0xfe, 0x3c]] {
      let error = #expect(throws: SaveImageError.self) { try SaveImageBytes(domainXML: broken).read() }
      guard case .malformed(.domainXML, 92, _)? = error else {
        Issue.record("\(String(describing: error))")
        continue
      }
    }
  }

  @Test("a compressed memory stream is told by name, an unknown one by number, and not handed out")
  func compression() throws {
    for (number, name) in [(1, "gzip"), (2, "bzip2"), (3, "xz"), (4, "lzop"), (5, "zstd")] {
      let image = try SaveImageBytes(compression: UInt32(number), memory: [1]).read()
      #expect(image.header.compression.description == name)
      let error = #expect(throws: SaveImageError.self) { try image.requireRawMemory() }
      #expect(error?.description.contains(name) == true)
    }
    let image = try SaveImageBytes(compression: 77, memory: [1]).read()
    #expect(throws: SaveImageError.compressed(.unknown(77))) { try image.requireRawMemory() }
    #expect(SaveImageError.compressed(.unknown(77)).description.contains("number 77"))
  }

  @Test("a raw memory stream must begin as QEMU's does")
  func memoryMagic() throws {
    let bytes = SaveImageBytes(memory: [UInt8](repeating: 0x20, count: 100))
    #expect(throws: SaveImageError.notAMigrationStream(offset: 92 + bytes.data.count)) { try bytes.read() }
    let otherVersion = SaveImageBytes(memory: Array("QEVM".utf8) + [0, 0, 0, 2])
    #expect(throws: SaveImageError.notAMigrationStream(offset: 92 + bytes.data.count)) {
      try otherVersion.read()
    }
  }

  @Test("what cannot be read as a file is told with the system's errno")
  func unreadable() throws {
    #expect(throws: SaveImageError.system(operation: "read", errno: .isDirectory)) {
      try SaveImageBytes.read(path: "/tmp")
    }
    let pipe = try FileDescriptor.pipe()
    defer {
      try? pipe.readEnd.close()
      try? pipe.writeEnd.close()
    }
    #expect(throws: SaveImageError.system(operation: "seek in", errno: .illegalSeek)) {
      try SaveImage(reading: pipe.readEnd)
    }
  }

  @Test("whatever single byte is wrong, reading ends with a value or an error")
  func flippedBytes() throws {
    let bytes = SaveImageBytes().bytes
    var refused = 0
    for index in bytes.indices {
      var changed = bytes
      changed[index] ^= 0xff
      do {
        _ = try SaveImageBytes.read(changed)
      } catch is SaveImageError {
        refused += 1
      }
    }
    // Every byte of magic and version, at the least.
    #expect(refused >= 20)
  }
}
