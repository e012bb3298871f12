import Testing

@testable import VMA

/// Every check of a header, reached by bytes made for it.
@Suite struct HostileHeaderTests {
  /// A header with two configs and two devices, changed and sealed again, then decoded.
  private func complaint(
    sealing: Bool = true, _ change: (inout CraftedArchive) -> Void
  ) throws -> VMAError? {
    let header = Archive.header(
      [("drive-scsi0", 65536), ("drive-scsi1", 1024)],
      configs: [ArchiveConfig(name: "a.conf", data: [1, 2, 3]), ArchiveConfig(name: "b.conf", data: [])])
    var crafted = CraftedArchive(try header.encoded())
    change(&crafted)
    if sealing { try crafted.sealHeader() }
    do throws(VMAError) {
      _ = try ArchiveHeader(decoding: crafted.bytes)
      return nil
    } catch {
      return error
    }
  }

  /// Pointer of the blob with this text, in the table that starts at 12288.
  private func pointer(to text: String, in crafted: CraftedArchive) -> UInt64 {
    let wanted = Array(text.utf8)
    let start = (12288..<crafted.bytes.count - wanted.count).first {
      Array(crafted.bytes[$0..<$0 + wanted.count]) == wanted
    }
    return UInt64((start ?? 12290) - 2 - 12288)
  }

  @Test("the header that is changed below decodes when nothing is changed")
  func unchanged() throws {
    #expect(try complaint { _ in } == nil)
  }

  @Test("another magic number is no archive")
  func magic() throws {
    #expect(try complaint { $0.bytes[3] = 1 } == VMAError(.notAnArchive, at: 0))
  }

  @Test("a file shorter than a header is told so", arguments: [0, 3, 4, 100, 12287])
  func short(count: Int) throws {
    let error = try complaint(sealing: false) { $0.bytes = Array($0.bytes.prefix(count)) }
    #expect(
      error == VMAError(.headerTruncated(have: count, need: 12288), at: count < 4 ? 0 : UInt64(count)))
  }

  @Test("a header cut inside its blob table is told so")
  func cutInTable() throws {
    let error = try complaint(sealing: false) { $0.bytes = Array($0.bytes.prefix(12500)) }
    #expect(error == VMAError(.headerTruncated(have: 12500, need: 12800), at: 12500))
  }

  @Test("sizes that no header has are refused before memory is taken", arguments: [0, 512, 12288])
  func tooSmall(size: UInt64) throws {
    let error = try complaint(sealing: false) { $0.set(size, at: 56, size: 4) }
    #expect(error == VMAError(.headerSizeTooSmall(UInt32(size)), at: 56))
  }

  @Test("a header of gigabytes is refused before memory is taken", arguments: [16 << 20 + 512, 0xFFFF_FFFF])
  func tooLarge(size: UInt64) throws {
    let error = try complaint(sealing: false) { $0.set(size, at: 56, size: 4) }
    #expect(error == VMAError(.headerSizeTooLarge(UInt32(size)), at: 56))
  }

  @Test("a flipped bit in the reserved bytes is caught by the checksum")
  func checksum() throws {
    #expect(
      try complaint(sealing: false) { $0.bytes[1000] ^= 1 } == VMAError(.headerChecksumMismatch, at: 32))
  }

  @Test("another format version is refused")
  func version() throws {
    #expect(try complaint { $0.set(2, at: 4, size: 4) } == VMAError(.unsupportedVersion(2), at: 4))
  }

  @Test(
    "a blob table outside the header is refused",
    arguments: [(12287, 10), (0, 10), (12288, 513), (12800, 1), (0xFFFF_FFFF, 0xFFFF_FFFF)])
  func tableOutside(offset: UInt64, size: UInt64) throws {
    let error = try complaint {
      $0.set(offset, at: 48, size: 4)
      $0.set(size, at: 52, size: 4)
    }
    #expect(
      error
        == VMAError(
          .blobTableOutsideHeader(offset: UInt32(offset), size: UInt32(size), header: 12800), at: 48))
  }

  @Test("a blob longer than the rest of the table is refused")
  func blobOverruns() throws {
    let error = try complaint { crafted in
      crafted.bytes[12289] = 0xFF
      crafted.bytes[12290] = 0xFF
    }
    #expect(error == VMAError(.blobOverrunsTable(pointer: 1, length: 65535), at: 12289))
  }

  @Test("pointers that hit no blob are refused, for names and for data")
  func dangling() throws {
    #expect(
      try complaint { $0.set(2, at: 2044, size: 4) }
        == VMAError(.danglingBlobPointer(.config, index: 0, pointer: 2), at: 2044))
    #expect(
      try complaint { $0.set(0xFFFF_FFFF, at: 3072, size: 4) }
        == VMAError(.danglingBlobPointer(.config, index: 1, pointer: 0xFFFF_FFFF), at: 3072))
    #expect(
      try complaint { $0.set(3, at: 4096 + 32, size: 4) }
        == VMAError(.danglingBlobPointer(.device, index: 1, pointer: 3), at: 4128))
  }

  @Test("a name without its NUL, or with one inside, is refused")
  func unterminated() throws {
    let without = try complaint { crafted in
      crafted.bytes[12291 + 6] = UInt8(ascii: "x")
    }
    #expect(without == VMAError(.nameNotTerminated(.config, index: 0), at: 12291))
    let inside = try complaint { crafted in crafted.bytes[12291 + 1] = 0 }
    #expect(inside == VMAError(.nameNotTerminated(.config, index: 0), at: 12291))
  }

  @Test("a name that is not UTF-8 is refused")
  func notUTF8() throws {
    let error = try complaint { $0.bytes[12291] = 0xFF }
    #expect(error == VMAError(.nameNotUTF8(.config, index: 0), at: 12291))
  }

  @Test(
    "a config name that is no plain file name is refused, and its control characters are not printed",
    arguments: [
      ("../evi", "path separator"), ("/a.con", "path separator"), ("a\u{1B}[31m", "control"),
      ("a.con\n", "control"),
    ])
  func unsafeConfigName(name: String, problem: String) throws {
    let error = try #require(
      try complaint { crafted in
        crafted.bytes.replaceSubrange(12291..<12291 + 6, with: Array(name.utf8))
      })
    guard case .unsafeName(.config, name, let said) = error.reason else {
      Issue.record("\(error)")
      return
    }
    #expect(said.contains(problem))
    #expect(error.offset == 12291)
    #expect(!error.description.unicodeScalars.contains { $0.value < 0x20 })
  }

  @Test("'.', '..' and the empty name are refused")
  func dots() throws {
    for (length, name) in [(1, "."), (2, ".."), (0, "")] {
      // The blob is shortened, and the bytes after it become another blob.
      let error = try complaint { crafted in
        var table: [UInt8] = [0, UInt8(length + 1), 0] + Array(name.utf8) + [0]
        table += Array(repeating: 0, count: 12)
        crafted.bytes.replaceSubrange(12288..<12288 + table.count, with: table)
        crafted.set(UInt64(table.count), at: 52, size: 4)
      }
      guard case .unsafeName(.config, name, _) = error?.reason else {
        Issue.record("\(name): \(error?.description ?? "accepted")")
        continue
      }
    }
  }

  @Test("device names are held to the same rules")
  func unsafeDeviceName() throws {
    let error = try complaint { crafted in
      let start = 12288 + Int(pointer(to: "drive-scsi0", in: crafted)) + 2
      crafted.bytes[start + 5] = UInt8(ascii: "/")
    }
    #expect(error?.reason == .unsafeName(.device, "drive/scsi0", problem: "it holds a path separator"))
  }

  @Test("a name that occurs twice is refused, for configs and devices")
  func duplicateNames() throws {
    let config = try complaint { $0.set($0.number(at: 2044, size: 4), at: 2048, size: 4) }
    #expect(config == VMAError(.duplicateName(.config, "a.conf"), at: 2048))
    let device = try complaint { $0.set($0.number(at: 4128, size: 4), at: 4160, size: 4) }
    #expect(device == VMAError(.duplicateName(.device, "drive-scsi0"), at: 4160))
  }

  @Test("a device with the id 255 is refused, because readers trip over it")
  func device255() throws {
    let error = try complaint { crafted in
      let entry = 4096 + 32 * 255
      crafted.set(crafted.number(at: 4160, size: 4), at: entry, size: 4)
      crafted.set(0, at: 4160, size: 4)
      crafted.set(512, at: entry + 8, size: 8)
    }
    #expect(error == VMAError(.deviceIDUnusable(255, name: "drive-scsi1"), at: 4096 + 32 * 255))
  }

  @Test("a size that is no multiple of 512, or past 256 TiB, is refused")
  func sizes() throws {
    #expect(
      try complaint { $0.set(65537, at: 4136, size: 8) }
        == VMAError(.deviceSizeNotSectors(device: "drive-scsi0", size: 65537), at: 4136))
    let size: UInt64 = 1 << 48 + 512
    #expect(
      try complaint { $0.set(size, at: 4136, size: 8) }
        == VMAError(.deviceSizeTooLarge(device: "drive-scsi0", size: size), at: 4136))
    #expect(
      try complaint { $0.set(.max - 511, at: 4136, size: 8) }
        == VMAError(.deviceSizeTooLarge(device: "drive-scsi0", size: .max - 511), at: 4136))
  }

  @Test("entries that Proxmox's reader passes over are passed over")
  func lenient() throws {
    #expect(try complaint { $0.set(0, at: 2044, size: 4) } == nil, "a config without a name")
    #expect(try complaint { $0.set(0, at: 4128, size: 4) } == nil, "a device without a name")
    #expect(try complaint { $0.set(0, at: 4136, size: 8) } == nil, "a device without a size")
    #expect(try complaint { $0.set(7, at: 4096, size: 4) } == nil, "entry 0 of the device table")
  }

  @Test("integrity of a later version is told apart from none")
  func laterIntegrity() throws {
    var crafted = CraftedArchive(try Archive.make([("d", filled(4096, with: 1))]))
    crafted.bytes[64] = 2
    try crafted.sealHeader()
    let report = try Archive.verify(Array(crafted.bytes))
    #expect(report.proof == .structure(.unknownDigests(version: 2)))
    #expect(report.proof.unproven?.contains("version 2") == true)
  }
}
