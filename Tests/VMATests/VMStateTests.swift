import Testing

@testable import VMA

/// The memory stream: in order, every block stored, read back as a stream.
@Suite struct VMStateTests {
  /// A stream that comes in pieces of any size.
  private func append(_ stream: [UInt8], pieces: Int, to writer: ArchiveWriter, device: UInt8) throws
    -> UInt64
  {
    var position = 0
    return try writer.appendStream(device: device) { buffer in
      let count = min(pieces, buffer.count, stream.count - position)
      stream.withUnsafeBytes { copy($0.slice(position, count), to: buffer) }
      position += count
      return count
    }
  }

  @Test(
    "a stream with zero blocks is stored whole, and comes back filled up to its last cluster",
    arguments: [1, 65535, 65536, 216_608, 8 * 65536, 70 * 65536 + 1])
  func stream(length: Int) throws {
    var stream = filled(length)
    for index in stride(from: 0, to: length, by: 50_000) { stream[index] = 7 }
    let output = MemoryOutput()
    let writer = try ArchiveWriter(header: Archive.header([("vmstate", 1 << 30)]), output: output)
    #expect(try append(stream, pieces: 3000, to: writer, device: 1) == UInt64(length))
    let summary = try writer.finish()
    let (images, report) = try Archive.extract(output.bytes)
    let clusters = (length + 65535) / 65536
    #expect(isSame(images["vmstate"], stream + filled(clusters * 65536 - length)))
    #expect(report.devices[0].storedBlocks == UInt64(clusters * 16), "Proxmox's reader loses other blocks")
    #expect(report.devices[0].length == UInt64(clusters * 65536))
    #expect(report.devices == summary.devices)
    #expect(report.proof == .content)
  }

  @Test("an empty stream is an empty device")
  func empty() throws {
    let output = MemoryOutput()
    let writer = try ArchiveWriter(header: Archive.header([("vmstate", 512)]), output: output)
    #expect(try append([], pieces: 1, to: writer, device: 1) == 0)
    _ = try writer.finish()
    let (images, report) = try Archive.extract(output.bytes)
    #expect(images.isEmpty)
    #expect(report.devices[0].length == 0)
  }

  @Test("a stream of exactly the declared size gives that size")
  func exact() throws {
    let output = MemoryOutput()
    let writer = try ArchiveWriter(header: Archive.header([("vmstate", 133120)]), output: output)
    _ = try append(filled(133000, with: 5), pieces: 9999, to: writer, device: 1)
    _ = try writer.finish()
    let (images, _) = try Archive.extract(output.bytes)
    #expect(isSame(images["vmstate"], filled(133000, with: 5) + filled(120)))
  }

  @Test("a stream longer than the device is refused")
  func tooLong() throws {
    let writer = try ArchiveWriter(
      header: Archive.header([("vmstate", 66048)]), output: MemoryOutput())
    #expect(throws: VMAError(.streamLongerThanDevice(device: "vmstate", size: 66048))) {
      try append(filled(66049), pieces: 5000, to: writer, device: 1)
    }
  }

  @Test("a disk is not written as a stream")
  func disk() throws {
    let writer = try ArchiveWriter(header: Archive.header([("disk", 66048)]), output: MemoryOutput())
    #expect(throws: VMAError(.notAStream(device: "disk"))) {
      try append([1], pieces: 1, to: writer, device: 1)
    }
  }

  @Test("known zeros of a stream are stored too")
  func zeros() throws {
    let output = MemoryOutput()
    let writer = try ArchiveWriter(header: Archive.header([("vmstate", 3 * 65536)]), output: output)
    try writer.appendZeroClusters(device: 1, clusters: 0..<2)
    try writer.append(2..<3, of: filled(3 * 65536, with: 1), device: 1)
    _ = try writer.finish()
    let (images, report) = try Archive.extract(output.bytes)
    #expect(isSame(images["vmstate"], filled(2 * 65536) + filled(65536, with: 1)))
    #expect(report.devices[0].storedBlocks == 48)
    #expect(report.devices[0].digest?.nonZeroBlocks == 16)
  }

  @Test("clusters out of order are refused")
  func outOfOrder() throws {
    let writer = try ArchiveWriter(
      header: Archive.header([("vmstate", 10 * 65536)]), output: MemoryOutput())
    try writer.append(0..<2, of: filled(10 * 65536), device: 1)
    #expect(throws: VMAError(.vmstateOutOfOrder(expected: 2, found: 3))) {
      try writer.append(3..<4, of: filled(10 * 65536), device: 1)
    }
  }

  @Test("a foreign stream may go on past its declared size, and loses nothing")
  func longerThanDeclared() throws {
    // Five clusters, then the header is told a size inside the first one.
    var generator = SeededGenerator(seed: 21)
    let stream = filled(8192) + generator.bytes(5 * 65536 - 8192)
    var archive = CraftedArchive(try Archive.make([("vmstate", stream)], integrity: .none))
    for size: UInt64 in [512, 5000, 65536, 100_352, 5 * 65536 - 512] {
      archive.set(size, at: 4096 + 32 + 8, size: 8)
      try archive.sealHeader()
      let (images, report) = try Archive.extract(archive.bytes)
      let expected = size > 4 * 65536 ? Int(size) : 5 * 65536
      #expect(isSame(images["vmstate"], Array(stream.prefix(expected))))
      #expect(report.devices[0].length == UInt64(expected))
    }
  }
}
