import Glibc
import Synchronization
import SystemPackage
import TestSupport
import Testing

@testable import VMA

/// An input over bytes in memory that can go past what is not wanted, and counts what is read.
private final class SkippableInput: ArchiveInput {
  private let bytes: [UInt8]
  private let state = Mutex<(position: Int, read: Int)>((0, 0))

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  var bytesRead: Int { state.withLock { $0.read } }

  func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    state.withLock { state in
      let count = min(buffer.count, bytes.count - state.position)
      bytes.withUnsafeBytes { copy($0.slice(state.position, count), to: buffer) }
      state.position += count
      state.read += count
      return count
    }
  }

  func skip(_ count: UInt64) throws -> UInt64? {
    state.withLock { state in
      let step = min(Int(count), bytes.count - state.position)
      state.position += step
      return UInt64(step)
    }
  }
}

/// Archives of which not all data is wanted: what is read, what is checked, and what is not.
@Suite struct DataSelectionTests {
  /// Three disks one after another, of which some extents hold two; the one in the middle is all zeros.
  private static func sample(integrity: IntegrityPromise = .digests) throws -> CraftedArchive {
    var generator = SeededGenerator(seed: 5)
    let size = 150 * 65536 + 4608
    let images = [generator.bytes(size), filled(size), generator.bytes(size)]
    let output = MemoryOutput()
    let writer = try ArchiveWriter(
      header: Archive.header([("a", size), ("b", size), ("c", size)], integrity: integrity), output: output)
    for (device, image) in zip(UInt8(1)..., images) {
      try writer.append(0..<151, of: image, device: device)
    }
    _ = try writer.finish()
    return CraftedArchive(output.bytes)
  }

  private func complaint(_ bytes: [UInt8], skipping: Bool) -> VMAError? {
    do {
      _ =
        skipping
        ? try ArchiveVerifier.verify(SkippableInput(bytes), checking: .structure)
        : try ArchiveVerifier.verify(MemoryInput(bytes), checking: .structure)
      return nil
    } catch {
      return error as? VMAError
    }
  }

  @Test("the structure is checked without reading data that the input can go past")
  func structure() throws {
    let archive = try Self.sample().bytes
    let input = SkippableInput(archive)
    let report = try ArchiveVerifier.verify(input, checking: .structure)
    #expect(report == (try ArchiveVerifier.verify(MemoryInput(archive), checking: .structure)))
    #expect(report.bytesRead == UInt64(archive.count))
    #expect(report.proof == .structure(.notAskedFor))
    #expect(report.devices.allSatisfy { $0.digest == nil })
    #expect(input.bytesRead < archive.count / 4)
  }

  @Test("an archive that is cut, wherever it is, is found out the same way with and without reading its data")
  func cut() throws {
    let archive = try Self.sample()
    let places = archive.extentOffsets.flatMap { [$0, $0 + 1, $0 + 511, $0 + 512, $0 + 513, $0 + 70_000] }
    for place in places + [archive.bytes.count - 1] where place < archive.bytes.count {
      let cut = Array(archive.bytes.prefix(place))
      let found = complaint(cut, skipping: true)
      #expect(found != nil, "cut to \(place) bytes")
      #expect(found == complaint(cut, skipping: false), "cut to \(place) bytes")
    }
  }

  @Test("an extent with a changed header, or a lost or doubled one, is found out the same way too")
  func damaged() throws {
    let archive = try Self.sample()
    let offsets = archive.extentOffsets
    for (index, offset) in offsets.enumerated() {
      var variants: [[UInt8]] = []
      for field in [0, 5, 6, 8, 24, 40, 47, 508] {
        var changed = archive
        changed.bytes[offset + field] ^= 1
        variants.append(changed.bytes)
        // Behind the right checksum the other checks have their turn.
        try changed.sealExtent(at: offset)
        variants.append(changed.bytes)
      }
      let end = index + 1 < offsets.count ? offsets[index + 1] : archive.bytes.count
      variants.append(Array(archive.bytes[..<offset] + archive.bytes[end...]))
      variants.append(Array(archive.bytes[..<end] + archive.bytes[offset...]))
      for (number, variant) in variants.enumerated() {
        #expect(
          complaint(variant, skipping: true) == complaint(variant, skipping: false), "\(index), \(number)")
      }
    }
  }

  @Test("of one device the data comes whole and is checked; that of the others is not even read")
  func oneDevice() throws {
    let archive = try Self.sample().bytes
    let whole = try Archive.extract(archive)
    for canSkip in [true, false] {
      let input: any ArchiveInput = canSkip ? SkippableInput(archive) : MemoryInput(archive, atMost: 70_001)
      var image = filled(150 * 65536 + 4608, with: 0xEE)
      var names: Set<String> = []
      let report = try ArchiveReader(input: input).read(devices: [3]) { run in
        names.insert(run.device.name)
        image.withUnsafeMutableBytes { bytes in
          let target = bytes.slice(Int(run.offset), Int(run.length))
          switch run.content {
          case .data(let data): copy(data, to: target)
          case .zeros: target.initializeMemory(as: UInt8.self, repeating: 0)
          }
        }
      }
      #expect(names == ["c"])
      #expect(isSame(whole.images["c"], image))
      #expect(report.proof == .selectedContent)
      #expect(report.devices.map(\.digest) == [nil, nil, whole.report.devices[2].digest])
      if let input = input as? SkippableInput { #expect(input.bytesRead < archive.count * 3 / 4) }
    }
  }

  @Test("a device of zeros costs no data, and its zeros are handed out")
  func zeros() throws {
    let archive = try Self.sample().bytes
    let input = SkippableInput(archive)
    var length: UInt64 = 0
    let report = try ArchiveReader(input: input).read(devices: [2]) { run in
      guard case .zeros(let count) = run.content else {
        Issue.record("data at \(run.offset)")
        return
      }
      length += count
    }
    let expected: UInt64 = 150 * 65536 + 4608
    #expect(length == expected)
    #expect(report.devices[1].digest == ContentDigest())
    #expect(input.bytesRead < archive.count / 4)
  }

  @Test("changed data is noticed in the device that was asked for, and in no other")
  func changedData() throws {
    let archive = try Self.sample()
    var first = archive
    first.bytes[archive.extentOffsets[0] + 512 + 9] ^= 1
    let error = #expect(throws: VMAError.self) {
      try ArchiveReader(input: SkippableInput(first.bytes)).read(devices: [1])
    }
    #expect(error == VMAError(.digestMismatch(extent: 0), at: UInt64(archive.extentOffsets[0])))
    #expect(
      try ArchiveReader(input: SkippableInput(first.bytes)).read(devices: [3]).proof == .selectedContent)
  }

  @Test("a device digest of the trailer that is wrong is noticed only where the device was asked for")
  func changedTrailer() throws {
    var archive = try Self.sample()
    let trailer = try #require(archive.extentOffsets.last)
    // The last byte of the first device's digest: byte 71 of the record, seven of which stand in a slot.
    let byte = 71
    let slot = CraftedArchive.slot(byte / 7, ofExtentAt: trailer)
    archive.bytes[slot + [0, 1, 2, 4, 5, 6, 7][byte % 7]] ^= 1
    try archive.sealExtent(at: trailer)
    let error = #expect(throws: VMAError.self) {
      try ArchiveReader(input: SkippableInput(archive.bytes)).read(devices: [1])
    }
    #expect(error?.reason == .deviceDigestMismatch(device: "a"))
    _ = try ArchiveReader(input: SkippableInput(archive.bytes)).read(devices: [3])
  }

  @Test("an archive without digests gives one device as well")
  func withoutDigests() throws {
    let archive = try Self.sample(integrity: .none).bytes
    let report = try ArchiveReader(input: SkippableInput(archive)).read(devices: [1]) { _ in }
    #expect(report.proof == .structure(.noDigests))
    #expect(report.devices[0].digest != nil)
  }

  @Test("a regular file can be gone past up to its end, a pipe cannot")
  func descriptors() throws {
    let directory = try TemporaryDirectory()
    let file = try FileDescriptor.open(
      directory.file("disk"), .readWrite, options: .create, permissions: .ownerReadWrite)
    try file.closeAfter {
      try file.writeAll(filled(1000, with: 7))
      try file.seek(offset: 100, from: .start)
      let input = DescriptorInput(file)
      #expect(try input.skip(400) == 400)
      var byte: UInt8 = 0
      #expect(try withUnsafeMutableBytes(of: &byte) { try input.read(into: $0) } == 1)
      #expect(try input.skip(1 << 62) == 499)
      #expect(try input.skip(1) == 0)
    }
    let pipe = try FileDescriptor.pipe()
    defer {
      try? pipe.readEnd.close()
      try? pipe.writeEnd.close()
    }
    #expect(try DescriptorInput(pipe.readEnd).skip(1) == nil)
  }
}
