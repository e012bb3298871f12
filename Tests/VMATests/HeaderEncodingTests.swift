import Testing

@testable import VMA

/// What a header may be asked to hold, and what is refused before a byte is written.
@Suite struct HeaderEncodingTests {
  private func complaint(_ header: ArchiveHeader) -> VMAError.Reason? {
    do throws(VMAError) {
      _ = try header.encoded()
      return nil
    } catch {
      return error.reason
    }
  }

  private func header(
    configs: [ArchiveConfig] = [], devices: [ArchiveDevice] = []
  ) -> ArchiveHeader {
    ArchiveHeader(uuid: Archive.uuid, creationTime: 0, configs: configs, devices: devices)
  }

  @Test("256 configs, the greatest blob and an empty one survive the way there and back")
  func limits() throws {
    var configs = (0..<254).map { ArchiveConfig(name: "config-\($0)", data: [UInt8($0)]) }
    configs.append(ArchiveConfig(name: "große.conf", data: filled(65535, with: 7)))
    configs.append(ArchiveConfig(name: "empty", data: []))
    let header = header(
      configs: configs, devices: [ArchiveDevice(id: 254, name: "vmstate", size: 1 << 48)])
    let bytes = try header.encoded()
    #expect(bytes.count % 512 == 0)
    #expect(try ArchiveHeader(decoding: bytes) == header)
  }

  @Test("an empty header is still longer than 12288 bytes, or Proxmox's reader refuses it")
  func empty() throws {
    #expect(try header().encoded().count == 12800)
  }

  @Test("seven of the greatest blobs fit, and eight do not")
  func total() throws {
    let configs = (0..<8).map { ArchiveConfig(name: "c\($0)", data: filled(65535)) }
    #expect(try header(configs: Array(configs.prefix(7))).encoded().count <= 524288)
    guard case .headerTooLarge = complaint(header(configs: configs)) else {
      Issue.record("eight were accepted")
      return
    }
  }

  @Test("what no reader could use is refused")
  func refused() {
    func device(_ id: UInt8 = 1, _ name: String = "d", _ size: UInt64 = 512) -> ArchiveDevice {
      ArchiveDevice(id: id, name: name, size: size)
    }
    let config = ArchiveConfig(name: "c", data: [])
    #expect(complaint(header(devices: [device(0)])) == .deviceIDUnusable(0, name: "d"))
    #expect(complaint(header(devices: [device(255)])) == .deviceIDUnusable(255, name: "d"))
    #expect(complaint(header(devices: [device(), device(1, "e")])) == .duplicateDeviceID(1))
    #expect(complaint(header(devices: [device(), device(2)])) == .duplicateName(.device, "d"))
    #expect(complaint(header(devices: [device(1, "d", 0)])) == .deviceSizeZero(device: "d"))
    #expect(
      complaint(header(devices: [device(1, "d", 513)])) == .deviceSizeNotSectors(device: "d", size: 513))
    #expect(
      complaint(header(devices: [device(1, "d", 1 << 48 + 512)]))
        == .deviceSizeTooLarge(device: "d", size: 1 << 48 + 512))
    #expect(
      complaint(header(devices: [device(1, "a/b")]))
        == .unsafeName(.device, "a/b", problem: "it holds a path separator"))
    #expect(
      complaint(header(devices: [device(1, String(repeating: "n", count: 241))]))
        == .unsafeName(
          .device, String(repeating: "n", count: 241), problem: "it is longer than 240 bytes"))
    #expect(complaint(header(configs: [config, config])) == .duplicateName(.config, "c"))
    #expect(
      complaint(header(configs: [ArchiveConfig(name: "big", data: filled(65536))]))
        == .configTooLarge(name: "big", size: 65536))
    #expect(
      complaint(header(configs: (0..<257).map { ArchiveConfig(name: "c\($0)", data: []) }))
        == .tooManyConfigs(257))
    var later = header()
    later.integrity = .unknown(version: 9)
    #expect(complaint(later) == .integrityNotWritable)
  }

  @Test("a UUID reads its own text, and nothing else")
  func uuid() {
    let uuid = ArchiveUUID.random()
    #expect(ArchiveUUID(uuid.description) == uuid)
    #expect(uuid != .random())
    #expect(ArchiveUUID("01234567-89ab-4def-8123-456789abcdef") == Archive.uuid)
    for text in [
      "", "01234567", "g1234567-89ab-4def-8123-456789abcdef", "+1234567-89ab-4def-8123-456789abcdef",
    ] {
      #expect(ArchiveUUID(text) == nil)
    }
  }
}
