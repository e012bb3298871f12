import Testing

@testable import VMA

/// Archives that Proxmox's own tool wrote give the content that was put in.
@Suite struct ProxmoxSampleTests {
  @Test("a backup of three disks extracts to the bytes that went in", arguments: [1, 511, 4097, .max])
  func disks(bytesAtATime: Int) throws {
    let archive = try Samples.bytes(Samples.multiDisk)
    let (images, report) = try Archive.extract(archive, atMost: bytesAtATime)
    #expect(
      images.mapValues(sha256) == [
        "drive-efidisk0": "19320a2a80f0f3d99ce73ef040c27d463986714525a5885d43ca57f1e9b2999f",
        "drive-scsi0": "fbe3780f56bcc36624e551d6cb1d989c76383670c8146828742f251b8b488619",
        "drive-virtio0": "394177bc219c5243f2efe9c2152e79eff4ef66804cc906304f5e5804ceef4dcf",
      ])
    #expect(
      images.mapValues(\.count) == [
        "drive-efidisk0": 540672, "drive-scsi0": 20_983_808, "drive-virtio0": 5_243_392,
      ])
    #expect(report.extents == 8)
    #expect(report.bytesRead == UInt64(archive.count))
    #expect(report.proof == .structure(.noDigests))
    #expect(report.proof.unproven?.contains("no digests") == true)
  }

  @Test("configs come out as they went in")
  func configs() throws {
    let backup = try ArchiveHeader(decoding: Samples.bytes(Samples.multiDisk))
    #expect(
      backup.configs.map { sha256($0.data) } == [
        "e453fff289cc41cc602a55b3cb6be8e641542087bd0f7095d02006aec174603d",
        "132dfc738ef517cdca8784f0a7fb4aa4bc22a60ab27b52c24dab4ad1c9876f86",
      ])
    let suspended = try ArchiveHeader(decoding: Samples.bytes(Samples.vmstate))
    #expect(
      suspended.config(named: "qemu-server.conf").map { sha256($0.data) }
        == "245352b2f4fd4901c33c948ec3c67feedaf15ac146f7c5e9eeb00a4fdc22728a")
  }

  @Test("zero blocks that Proxmox left out of a memory stream come back as zeros")
  func vmstate() throws {
    let (images, report) = try Archive.extract(Samples.bytes(Samples.vmstate))
    #expect(images["vmstate"]?.count == 133120)
    #expect(
      images.mapValues(sha256) == [
        "vmstate": "da3c0961258c42be7988f5ba9f218c151858d8c9c696511c10a50b47adc34a48",
        "drive-scsi0": "1f04e36dc74316515139e682e6ba6c15e91b455ca0bcf88e64e79a46d9a9da89",
      ])
    #expect(report.devices.first { $0.device.isVMState }?.length == 133120)
  }

  @Test("the content digest of a device in a foreign archive is that of the plain image")
  func contentDigest() throws {
    let (images, report) = try Archive.extract(Samples.bytes(Samples.multiDisk))
    for device in report.devices {
      var digest = ContentDigest()
      let image = try #require(images[device.device.name])
      image.withUnsafeBytes { digest.add($0, at: 0) }
      #expect(digest == device.digest)
      #expect(digest.nonZeroBlocks == device.storedBlocks)
    }
  }
}
