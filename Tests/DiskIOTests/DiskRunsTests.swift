import Testing

@testable import DiskIO

/// A disk whose runs are given, every byte of its data 0x5a; holes are never read.
private final class ScriptedDisk: DiskSource {
  let name = "scripted"
  let size: UInt64
  private let runs: [DiskExtent]

  /// Data and holes take turns in runs of these lengths, data first.
  init(_ lengths: [UInt64]) {
    var offset: UInt64 = 0
    runs = lengths.enumerated().map { number, length in
      defer { offset += length }
      return DiskExtent(offset: offset, length: length, isData: number % 2 == 0)
    }
    size = offset
  }

  func extent(at offset: UInt64) throws(DiskIOError) -> DiskExtent {
    guard let run = runs.first(where: { $0.offset <= offset && offset < $0.end }) else {
      throw .outOfRange(path: name, offset: offset, count: 1, size: size)
    }
    return DiskExtent(offset: offset, length: run.end - offset, isData: run.isData)
  }

  func read(into buffer: UnsafeMutableRawBufferPointer, at offset: UInt64) throws(DiskIOError) {
    guard try extent(at: offset).isData else { throw .empty(path: name) }
    buffer.initializeMemory(as: UInt8.self, repeating: 0x5a)
  }
}

@Suite("A walk along a disk's runs")
struct DiskRunsTests {
  @Test(
    "leaves out just the blocks that lie in holes, wherever these begin and end",
    arguments: [
      [8192, 8192], [512, 16384, 512], [4096, 4096, 4096], [4000, 200, 5000, 20000, 96], [1, 65535],
      [0, 12288, 1536], [6000, 6000, 0, 8000, 480],
    ] as [[UInt64]])
  func holes(lengths: [UInt64]) throws {
    let disk = ScriptedDisk(lengths)
    var expected: [UInt8] = []
    for (number, length) in lengths.enumerated() {
      expected += [UInt8](repeating: number % 2 == 0 ? 0x5a : 0, count: Int(length))
    }
    var whole = [UInt8](repeating: 0xee, count: expected.count)
    var runs = DiskRuns(disk)
    try whole.withUnsafeMutableBytes { try runs.read(into: $0, at: 0) }
    #expect(whole == expected)

    var parts = [UInt8](repeating: 0xee, count: expected.count)
    var leftOut: Set<Int> = []
    runs = DiskRuns(disk)
    try parts.withUnsafeMutableBytes {
      try runs.read(into: $0, at: 0, blockSize: 4096) { leftOut.formUnion($0) }
    }
    for start in stride(from: 0, to: expected.count, by: 4096) {
      let block = start..<min(start + 4096, expected.count)
      if leftOut.contains(start / 4096) {
        #expect(expected[block].allSatisfy { $0 == 0 })
        #expect(parts[block].allSatisfy { $0 == 0xee }, "block \(start / 4096) was touched for nothing")
      } else {
        #expect(parts[block] == expected[block])
      }
    }
    // Only a block that no single hole covers may be zero and yet be filled.
    let covered = Set(expected.indices.filter { $0 % 4096 == 0 }.map { $0 / 4096 }).filter { block in
      let start = UInt64(block * 4096)
      let end = min(start + 4096, disk.size)
      guard let run = try? disk.extent(at: start) else { return false }
      return !run.isData && run.end >= end
    }
    #expect(leftOut == covered)
  }
}
