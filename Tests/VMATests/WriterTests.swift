import Glibc
import SystemPackage
import Testing

@testable import VMA

/// Misuse of the writer, and outputs that fail.
@Suite struct WriterTests {
  private func writer(
    _ devices: [(name: String, size: Int)] = [("disk0", 300 * 65536), ("disk1", 4608)],
    output: some ArchiveOutput = MemoryOutput()
  ) throws -> ArchiveWriter {
    try ArchiveWriter(header: Archive.header(devices), output: output)
  }

  @Test("a cluster given twice is an error by name, and ends the archive")
  func duplicate() throws {
    let writer = try writer()
    try writer.appendZeroClusters(device: 1, clusters: 0..<10)
    #expect(throws: VMAError(.duplicateCluster(device: "disk0", cluster: 7))) {
      try writer.append(7..<8, of: filled(8 * 65536), device: 1)
    }
    #expect(throws: VMAError(.writerClosed)) { try writer.finish() }
  }

  @Test("a cluster never given is an error by name, and can still be given")
  func missing() throws {
    let output = MemoryOutput()
    let writer = try writer(output: output)
    try writer.appendZeroClusters(device: 1, clusters: 0..<100)
    try writer.appendZeroClusters(device: 1, clusters: 102..<300)
    #expect(throws: VMAError(.missingClusters(device: "disk0", first: 100, count: 2))) {
      try writer.finish()
    }
    try writer.appendZeroClusters(device: 1, clusters: 100..<102)
    let error = #expect(throws: VMAError.self) { try writer.finish() }
    #expect(error?.description == "cluster 0 of device 'disk1' is missing, so the device is incomplete")
    try writer.appendZeroClusters(device: 2, clusters: 0..<1)
    _ = try writer.finish()
    #expect(try Archive.verify(output.bytes).proof == .content)
    #expect(throws: VMAError(.writerClosed)) { try writer.finish() }
    #expect(throws: VMAError(.writerClosed)) { try writer.appendZeroClusters(device: 2, clusters: 0..<1) }
  }

  @Test("clusters past the end are refused")
  func pastEnd() throws {
    #expect(throws: VMAError(.clusterPastEnd(device: "disk0", cluster: 300))) {
      try writer().appendZeroClusters(device: 1, clusters: 299..<301)
    }
    #expect(throws: VMAError(.clusterPastEnd(device: "disk1", cluster: 5))) {
      try writer().append(5..<6, of: [], device: 2)
    }
    #expect(throws: VMAError(.clusterPastEnd(device: "disk1", cluster: 0))) {
      try filled(4609).withUnsafeBytes { try writer().appendClusters(device: 2, first: 0, bytes: $0) }
    }
    #expect(throws: VMAError(.clusterPastEnd(device: "disk1", cluster: .max))) {
      try filled(512).withUnsafeBytes { try writer().appendClusters(device: 2, first: .max, bytes: $0) }
    }
  }

  @Test("bytes that are not whole clusters are refused, except at the end of a device")
  func partial() throws {
    #expect(throws: VMAError(.partialCluster(length: 512))) {
      try filled(512).withUnsafeBytes { try writer().appendClusters(device: 1, first: 0, bytes: $0) }
    }
    try filled(4608).withUnsafeBytes { try writer().appendClusters(device: 2, first: 0, bytes: $0) }
  }

  @Test("an unknown device is refused")
  func unknownDevice() throws {
    #expect(throws: VMAError(.unknownDevice(id: 9))) {
      try writer().appendZeroClusters(device: 9, clusters: 0..<1)
    }
  }

  @Test("an empty range costs nothing, and buffers begin and end where the device does")
  func ranges() throws {
    let size = 20 * 65536 + 512
    let writer = try writer([("disk", size)])
    try writer.append(3..<3, of: [], device: 1)
    var asked: [Range<UInt64>] = []
    try writer.appendClusters(device: 1, clusters: 0..<21) { buffer, offset in
      asked.append(offset..<offset + UInt64(buffer.count))
      buffer.initializeMemory(as: UInt8.self, repeating: 1)
    }
    #expect(asked.first?.lowerBound == 0)
    #expect(asked.last?.upperBound == UInt64(size))
    #expect(zip(asked, asked.dropFirst()).allSatisfy { $0.upperBound == $1.lowerBound })
    #expect(asked.allSatisfy { $0.count <= 512 << 10 })
  }

  @Test("a source that fails ends the archive with its own error")
  func sourceFails() throws {
    struct Shrunk: Error {}
    let writer = try writer()
    var calls = 0
    #expect(throws: Shrunk.self) {
      try writer.appendClusters(device: 1, clusters: 0..<100) { _, _ in
        calls += 1
        if calls == 3 { throw Shrunk() }
      }
    }
    #expect(throws: VMAError(.writerClosed)) { try writer.finish() }
  }

  @Test("the header is out before the first cluster is asked for")
  func headerAtOnce() throws {
    let output = MemoryOutput()
    let writer = try writer(output: output)
    #expect(output.bytes.count == 12800)
    #expect(writer.bytesWritten == 12800)
    #expect(try ArchiveHeader(decoding: output.bytes) == writer.header)
  }

  @Test(
    "an output that is full fails the next call or the last, and never the process",
    arguments: [0, 12800, 5 << 20, 18 << 20])
  func fullOutput(limit: Int) throws {
    let image = filled(300 * 65536, with: 3)
    let error = #expect(throws: VMAError.self) {
      let writer = try writer([("disk", image.count)], output: MemoryOutput(limit: limit))
      try writer.append(0..<300, of: image, device: 1)
      _ = try writer.finish()
    }
    #expect(error?.reason == .writeFailed(.noSpace))
    #expect(error?.description.contains("no space is left") == true)
    #expect(error?.offset.map { $0 <= UInt64(limit) } == true)
  }

  @Test("a full file system is an error that says so")
  func devFull() throws {
    let full = try FileDescriptor.open("/dev/full", .writeOnly)
    defer { try? full.close() }
    #expect(throws: VMAError(.writeFailed(.noSpace), at: 0)) {
      try writer(output: DescriptorOutput(full))
    }
  }

  @Test("a pipe whose reader goes away is an error, and no signal")
  func brokenPipe() throws {
    let pipe = try FileDescriptor.pipe()
    defer { try? pipe.writeEnd.close() }
    let writer = try writer(output: DescriptorOutput(pipe.writeEnd))
    try pipe.readEnd.close()
    let error = #expect(throws: VMAError.self) {
      try writer.append(0..<300, of: filled(300 * 65536, with: 1), device: 1)
      try writer.appendZeroClusters(device: 2, clusters: 0..<1)
      _ = try writer.finish()
    }
    #expect(error?.reason == .writeFailed(.brokenPipe))
  }

  @Test("a slow pipe gets every byte, in writes of any length")
  func throughPipe() throws {
    let pipe = try FileDescriptor.pipe()
    defer { try? pipe.readEnd.close() }
    var generator = SeededGenerator(seed: 77)
    let image = generator.bytes(100 * 65536 + 512)
    let writing = try WorkerThread {
      do {
        let writer = try writer([("disk", image.count)], output: DescriptorOutput(pipe.writeEnd))
        try writer.append(0..<101, of: image, device: 1)
        _ = try writer.finish()
      } catch {
        Issue.record(error)
      }
      try? pipe.writeEnd.close()
    }
    let reader = try ArchiveReader(input: DescriptorInput(pipe.readEnd))
    var back = filled(image.count, with: 9)
    let report = try reader.read { run in
      guard case .data(let bytes) = run.content else { return }
      back.withUnsafeMutableBytes { copy(bytes, to: $0.slice(Int(run.offset), bytes.count)) }
    }
    writing.join()
    #expect(report.proof == .content)
    #expect(isSame(back, image))
  }

  @Test("giving up ends the thread, at any moment and more than once")
  func abort() throws {
    let writer = try writer()
    try writer.append(0..<100, of: filled(100 * 65536, with: 1), device: 1)
    writer.abort()
    writer.abort()
    #expect(throws: VMAError(.writerClosed)) { try writer.appendZeroClusters(device: 1, clusters: 100..<101) }
    _ = try self.writer()
  }

  @Test("an error of the input is told with its place, after what was read before it")
  func inputFails() throws {
    let archive = try Archive.make([("disk", filled(200 * 65536, with: 5))])
    let cut = Array(archive.prefix(8 << 20))
    let reader = try ArchiveReader(input: MemoryInput(cut, failure: Errno.ioError))
    var bytes: UInt64 = 0
    #expect(throws: VMAError(.readFailed(.ioError), at: 8 << 20)) {
      try reader.read { bytes += $0.length }
    }
    #expect(bytes > 4 << 20)
    #expect(throws: VMAError(.readFailed(.ioError), at: 100)) {
      try ArchiveReader(input: MemoryInput(Array(archive.prefix(100)), failure: Errno.ioError))
    }
  }

  @Test("an archive is read once")
  func readOnce() throws {
    let reader = try ArchiveReader(input: MemoryInput(Archive.make([("disk", filled(512))])))
    _ = try reader.read()
    #expect(throws: VMAError(.readAlready)) { try reader.read() }
  }

  @Test("a revised header takes the place of the first one, and the trailer knows it")
  func revisedHeader() throws {
    let output = MemoryOutput()
    var header = Archive.header([("vmstate", 1 << 30), ("disk", 4608)])
    header.configs = [ArchiveConfig(name: "length", data: Array("?????".utf8))]
    let writer = try ArchiveWriter(header: header, output: output)
    try writer.append(0..<2, of: filled(2 * 65536, with: 1), device: 1)
    try writer.appendZeroClusters(device: 2, clusters: 0..<1)
    var revised = header
    revised.configs = [ArchiveConfig(name: "length", data: Array("70000".utf8))]
    revised.devices[0] = ArchiveDevice(id: 1, name: "vmstate", size: 70144)
    let bytes = try writer.reviseHeader(revised)
    let summary = try writer.finish()
    #expect(summary.devices[0].length == 70144)
    let archive = bytes + output.bytes[bytes.count...]
    #expect(try Archive.verify(archive).proof == .content)
    #expect(throws: VMAError.self) { try Archive.verify(output.bytes) }
  }

  @Test("a header that does not fit what was written is no revision of it")
  func unfitRevision() throws {
    let header = Archive.header([("vmstate", 1 << 30), ("disk", 4608)])
    let writer = try ArchiveWriter(header: header, output: MemoryOutput())
    try writer.append(0..<2, of: filled(2 * 65536, with: 1), device: 1)
    var revisions = [header, header, header, header, header]
    revisions[0].uuid = .random()
    revisions[1].devices[0] = ArchiveDevice(id: 1, name: "vmstate", size: 65536)
    revisions[2].devices[1] = ArchiveDevice(id: 2, name: "disk", size: 4096)
    revisions[3].devices.removeLast()
    revisions[4].configs = [ArchiveConfig(name: "more", data: filled(600))]
    for revision in revisions {
      #expect(throws: VMAError(.headerNotRevisable)) { try writer.reviseHeader(revision) }
    }
    writer.abort()
    #expect(throws: VMAError(.writerClosed)) { try writer.reviseHeader(header) }
  }

  @Test(
    "blocks that are known to be zero need not be filled, and are left out or, of a memory stream, stored")
  func knownZeros() throws {
    let size = 20 * 65536
    let output = MemoryOutput()
    let writer = try ArchiveWriter(
      header: Archive.header([("disk", size), ("vmstate", size)]), output: output)
    var expected = filled(size)
    for block in 0..<320 where block % 5 == 0 { expected[block * 4096 + 7] = UInt8(block % 255 + 1) }
    for device: UInt8 in [1, 2] {
      try writer.appendClusters(device: device, clusters: 0..<20) { buffer, offset, zeros in
        // What is left out holds anything.
        buffer.initializeMemory(as: UInt8.self, repeating: 0xEE)
        for block in 0..<buffer.count / 4096 {
          let start = Int(offset) + block * 4096
          if block % 7 == 3, start / 4096 % 5 != 0 {
            zeros.insert(block..<block + 1)
          } else {
            expected.withUnsafeBytes { copy($0.slice(start, 4096), to: buffer.slice(block * 4096, 4096)) }
          }
        }
      }
    }
    let summary = try writer.finish()
    #expect(summary.devices.map(\.storedBlocks) == [64, 320])
    let images = try Archive.extract(output.bytes).images
    #expect(isSame(images["disk"], expected))
    #expect(isSame(images["vmstate"], expected))
    var digest = ContentDigest()
    expected.withUnsafeBytes { digest.add($0, at: 0) }
    #expect(summary.devices.map(\.digest) == [digest, digest])
  }
}
