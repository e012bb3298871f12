import Foundation

/// What the test guest has written to one disk: record N is the 4 KiB block N modulo the disk's size, filled
/// with the line `tick N DISK`.
public struct TickRecords: Sendable {
  /// The ticks whose record is on the disk, whole and in its place.
  public let ticks: Set<Int>

  /// Offsets in bytes of blocks that hold anything else than zeros or a whole record.
  public let damaged: [Int]

  /// The highest tick on the disk; 0 when there is none.
  public var latest: Int { ticks.max() ?? 0 }

  /// The ticks from 1 to `last` that the disk does not hold, in order.
  public func missing(upTo last: Int) -> [Int] {
    last < 1 ? [] : (1...last).filter { !ticks.contains($0) }
  }

  /// Reads the records from a raw image.
  /// - Parameters:
  ///   - path: a raw disk image.
  ///   - disk: the target the guest knows it by, for example `vda`.
  /// - Throws: Foundation's error when the file cannot be read.
  public init(rawImage path: String, disk: String) throws {
    let image = try Data(contentsOf: URL(fileURLWithPath: path), options: .alwaysMapped)
    let blockSize = 4096
    let zeros = Data(count: blockSize)
    var ticks: Set<Int> = []
    var damaged: [Int] = []
    for offset in stride(from: 0, to: image.count, by: blockSize) {
      let block = image[offset..<min(offset + blockSize, image.count)]
      if block == zeros.prefix(block.count) { continue }
      let line = block.prefix { $0 != UInt8(ascii: "\n") }
      let words = String(decoding: line, as: UTF8.self).split(separator: " ")
      if words.count == 3, words[0] == "tick", words[2] == disk, let tick = Int(words[1]), tick > 0,
        offset / blockSize == tick % (image.count / blockSize),
        block.elementsEqual(Self.record(tick: tick, disk: disk))
      {
        ticks.insert(tick)
      } else {
        damaged.append(offset)
      }
    }
    self.ticks = ticks
    self.damaged = damaged
  }

  /// The 4096 bytes of one record.
  static func record(tick: Int, disk: String) -> [UInt8] {
    let line = Array("tick \(tick) \(disk)\n".utf8)
    return (0..<4096).map { line[$0 % line.count] }
  }
}
