import Testing

@testable import VMA

/// Every check of an extent, reached by bytes made for it.
@Suite struct HostileExtentTests {
  /// An archive without digests: device 1 has 3 clusters and a bit, device 2 is the memory stream.
  ///
  /// Its one extent's slots: clusters 0 to 3 of device 1, then 0 and 1 of device 2.
  private func sample() throws -> CraftedArchive {
    var disk = filled(3 * 65536 + 8192 + 512)
    for block in [0, 1, 20, 48, 50] { disk[block * 4096] = UInt8(block + 1) }
    return CraftedArchive(
      try Archive.make([("disk", disk), ("vmstate", filled(2 * 65536, with: 3))], integrity: .none))
  }

  private func complaint(
    sealing: Bool = true, _ change: (inout CraftedArchive, _ extent: Int) -> Void
  ) throws -> VMAError? {
    var crafted = try sample()
    let extent = crafted.extentOffsets[0]
    change(&crafted, extent)
    if sealing { try crafted.sealExtent(at: extent) }
    let structure = Archive.complaint(crafted.bytes, checking: .structure)
    #expect(Archive.complaint(crafted.bytes) == structure, "both depths must say the same")
    return structure
  }

  private func slot(_ index: Int, _ extent: Int) -> Int { CraftedArchive.slot(index, ofExtentAt: extent) }

  @Test("the archive that is changed below verifies when nothing is changed")
  func unchanged() throws {
    #expect(try complaint { _, _ in } == nil)
  }

  @Test("a wrong magic number, or a reserved field that is not zero, is no extent")
  func magic() throws {
    #expect(try complaint { $0.bytes[$1] = 0 } == VMAError(.notAnExtent, at: 12800))
    #expect(try complaint { $0.bytes[$1 + 4] = 1 } == VMAError(.notAnExtent, at: 12804))
  }

  @Test("a flipped bit in an extent's header is caught by its checksum")
  func checksum() throws {
    #expect(
      try complaint(sealing: false) { $0.bytes[$1 + 100] ^= 4 }
        == VMAError(.extentChecksumMismatch, at: 12800))
  }

  @Test("an extent of another archive is refused")
  func uuid() throws {
    #expect(try complaint { $0.bytes[$1 + 8] ^= 1 } == VMAError(.extentFromOtherArchive, at: 12808))
  }

  @Test("more blocks than slots can describe are refused")
  func tooLarge() throws {
    #expect(
      try complaint { $0.set(945, at: $1 + 6, size: 2) }
        == VMAError(.extentTooLarge(blocks: 945), at: 12806))
  }

  @Test("a declared number of blocks that the slots do not add up to is refused")
  func blockCount() throws {
    let blocks = 5 + 32
    #expect(
      try complaint { $0.set(UInt64(blocks - 1), at: $1 + 6, size: 2) }
        == VMAError(.moreBlocksThanDeclared(declared: 36, needed: 37), at: 12806))
    let fewer = try complaint { crafted, extent in
      crafted.bytes += filled(4096)
      crafted.set(UInt64(blocks + 1), at: extent + 6, size: 2)
    }
    #expect(fewer == VMAError(.fewerBlocksThanDeclared(declared: 38, needed: 37), at: 12806))
  }

  @Test("a device id that the header does not have is refused", arguments: [3, 254, 255])
  func unknownDevice(id: UInt8) throws {
    #expect(
      try complaint { $0.bytes[slot(1, $1) + 3] = id }
        == VMAError(.unknownDevice(id: id), at: UInt64(slot(1, 12800))))
  }

  @Test("a cluster that occurs twice is refused")
  func duplicate() throws {
    #expect(
      try complaint { $0.set(0, at: slot(2, $1) + 4, size: 4) }
        == VMAError(.duplicateCluster(device: "disk", cluster: 0), at: UInt64(slot(2, 12800))))
  }

  @Test("a memory stream that is not in order is refused")
  func vmstateOrder() throws {
    #expect(
      try complaint { $0.set(2, at: slot(5, $1) + 4, size: 4) }
        == VMAError(.vmstateOutOfOrder(expected: 1, found: 2), at: UInt64(slot(5, 12800))))
    #expect(
      try complaint { $0.set(0, at: slot(5, $1) + 4, size: 4) }
        == VMAError(.vmstateOutOfOrder(expected: 1, found: 0), at: UInt64(slot(5, 12800))))
  }

  @Test("a cluster past the end of the device is refused", arguments: [4, 64, 0xFFFF_FFFF])
  func pastEnd(cluster: UInt64) throws {
    #expect(
      try complaint { $0.set(cluster, at: slot(2, $1) + 4, size: 4) }
        == VMAError(.clusterPastEnd(device: "disk", cluster: cluster), at: UInt64(slot(2, 12800))))
  }

  @Test("a stored block past the end of the device is refused")
  func blockPastEnd() throws {
    // Cluster 3 has three blocks; the mask 0x0005 becomes 0x0009.
    #expect(
      try complaint { $0.set(0x0009, at: slot(3, $1), size: 2) }
        == VMAError(.blockPastEnd(device: "disk", cluster: 3), at: UInt64(slot(3, 12800))))
  }

  @Test("a missing cluster is named")
  func missing() throws {
    // Slot 2 holds no block, so the slot can be emptied without touching the data.
    let error = try complaint { $0.set(0, at: slot(2, $1), size: 8) }
    #expect(error?.reason == .missingClusters(device: "disk", first: 2, count: 1))
    #expect(error?.description.hasPrefix("cluster 2 of device 'disk' is missing") == true)
  }

  @Test("a header alone lacks every cluster")
  func headerOnly() throws {
    let crafted = try sample()
    #expect(
      Archive.complaint(Array(crafted.bytes.prefix(12800)))
        == VMAError(.missingClusters(device: "disk", first: 0, count: 4), at: 12800))
  }

  @Test("bytes after the last extent are refused", arguments: [1, 511, 512, 5000])
  func trailing(count: Int) throws {
    let crafted = try sample()
    let error = Archive.complaint(crafted.bytes + filled(count, with: 0x56))
    let end = UInt64(crafted.bytes.count)
    #expect(error == VMAError(count < 512 ? .extentHeaderTruncated(have: count) : .notAnExtent, at: end))
  }

  @Test("clusters scattered over 254 devices of 256 TiB do not take all memory")
  func scattered() throws {
    let header = ArchiveHeader(
      uuid: Archive.uuid, creationTime: 0,
      devices: (1...254).map { ArchiveDevice(id: $0, name: "d\($0)", size: 1 << 48) }, integrity: .none)
    let output = MemoryOutput()
    let writer = try ArchiveWriter(header: header, output: output)
    for page: UInt64 in 0..<20 {
      for device in header.devices {
        try writer.appendZeroClusters(device: device.id, clusters: page * 100_000..<page * 100_000 + 1)
      }
    }
    #expect(throws: VMAError(.missingClusters(device: "d1", first: 1, count: 1 << 32 - 20))) {
      try writer.finish()
    }
    writer.abort()
    // What is left is an archive that lacks nearly all; the reader's limit is met first.
    var crafted = CraftedArchive(try header.encoded())
    for page: UInt64 in 0..<200 {
      let extent = crafted.bytes.count
      crafted.bytes += filled(512)
      crafted.bytes.replaceSubrange(extent..<extent + 4, with: Layout.Extent.magic)
      crafted.bytes.replaceSubrange(extent + 8..<extent + 24, with: crafted.bytes[8..<24])
      for index in 0..<59 {
        crafted.set(UInt64(index + 1), at: slot(index, extent) + 2, size: 2)
        crafted.set(page * 100_000, at: slot(index, extent) + 4, size: 4)
      }
      try crafted.sealExtent(at: extent)
    }
    let reader = try ArchiveReader(input: MemoryInput(crafted.bytes), mapLimit: 1 << 20)
    let error = #expect(throws: VMAError.self) { try reader.read() }
    #expect(error?.reason == .clusterMapTooLarge(limit: 1 << 20))
  }
}
