import Testing

@testable import VMA

/// Headers that Proxmox's own tool wrote, read and written again.
@Suite struct HeaderGoldenTests {
  private func header(of sample: String) throws -> [UInt8] {
    let archive = try Samples.bytes(sample)
    return Array(archive.prefix(try ArchiveHeader.declaredSize(fixedPart: archive)))
  }

  @Test("what Proxmox's tool wrote is decoded field by field")
  func decodesSample() throws {
    let header = try ArchiveHeader(decoding: header(of: Samples.multiDisk))
    #expect(header.uuid.description == "af42f83a-aec7-4958-ba66-4ef509b70815")
    #expect(header.creationTime == 0x6B00_FEE7)
    #expect(header.integrity == .none)
    #expect(header.configs.map(\.name) == ["qemu-server.conf", "qemu-server.fw"])
    #expect(header.configs.map(\.data.count) == [328, 21])
    #expect(header.devices.map(\.name) == ["drive-efidisk0", "drive-scsi0", "drive-virtio0"])
    #expect(header.devices.map(\.size) == [540672, 20_983_808, 5_243_392])
    #expect(header.devices.map(\.id) == [1, 2, 3])
  }

  @Test(
    "encoding what was decoded gives Proxmox's bytes back", arguments: [Samples.multiDisk, Samples.vmstate])
  func encodesLikeProxmox(sample: String) throws {
    let bytes = try header(of: sample)
    let again = try ArchiveHeader(decoding: bytes).encoded()
    #expect(again == bytes)
  }
}
