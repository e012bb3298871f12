import Foundation
import Operations
import TestSupport
import Testing
import VMA

@Suite("Archives written by Proxmox's own tool")
struct SampleArchiveTests {
  let fixture: ArchiveFixture

  init() throws { fixture = try ArchiveFixture() }

  private func checksums() throws -> [String: String] {
    let names = fixture.entries(of: "out")
    let lines = try run(["sha256sum"] + names, directory: fixture.directory.file("out")).check().stdout
    return Dictionary(
      uniqueKeysWithValues: lines.split(separator: "\n").map { line in
        (String(line.dropFirst(66)), String(line.prefix(64)))
      })
  }

  @Test("several disks and configs extract to the bytes they were made of")
  func multiDisk() throws {
    let result = try fixture.extract(testdata("vma/multi-disk.vma"))
    #expect(result.report.proof == .structure(.noDigests))
    #expect(
      try checksums() == [
        "disk-drive-efidisk0.raw": "19320a2a80f0f3d99ce73ef040c27d463986714525a5885d43ca57f1e9b2999f",
        "disk-drive-scsi0.raw": "fbe3780f56bcc36624e551d6cb1d989c76383670c8146828742f251b8b488619",
        "disk-drive-virtio0.raw": "394177bc219c5243f2efe9c2152e79eff4ef66804cc906304f5e5804ceef4dcf",
        "qemu-server.conf": "e453fff289cc41cc602a55b3cb6be8e641542087bd0f7095d02006aec174603d",
        "qemu-server.fw": "132dfc738ef517cdca8784f0a7fb4aa4bc22a60ab27b52c24dab4ad1c9876f86",
      ])
  }

  @Test("a memory stream gets back the zero blocks that the writer left out")
  func vmstate() throws {
    let result = try fixture.extract(testdata("vma/vmstate.vma"))
    #expect(result.memory?.isExactLength == false)
    #expect(
      try checksums() == [
        "vmstate.bin": "da3c0961258c42be7988f5ba9f218c151858d8c9c696511c10a50b47adc34a48",
        "disk-drive-scsi0.raw": "1f04e36dc74316515139e682e6ba6c15e91b455ca0bcf88e64e79a46d9a9da89",
        "qemu-server.conf": "245352b2f4fd4901c33c948ec3c67feedaf15ac146f7c5e9eeb00a4fdc22728a",
      ])
  }
}
