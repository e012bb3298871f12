import CLibCrypto
import Synchronization

@testable import VMA

/// An output that keeps the archive in memory, and can fail after so many bytes.
final class MemoryOutput: ArchiveOutput {
  private let state = Mutex<[UInt8]>([])
  private let limit: Int
  private let failure: any Error

  init(limit: Int = .max, failure: any Error = VMAError(.writerClosed)) {
    self.limit = limit
    self.failure = failure
  }

  var bytes: [UInt8] { state.withLock { $0 } }

  func write(_ bytes: UnsafeRawBufferPointer) throws {
    try state.withLock { all in
      guard all.count + bytes.count <= limit else { throw failure }
      all.append(contentsOf: bytes)
    }
  }

  func flush() throws {}
}

/// An input over bytes in memory, that gives at most so many at a time and can fail at the end.
final class MemoryInput: ArchiveInput {
  private let bytes: [UInt8]
  private let atMost: Int
  private let failure: (any Error)?
  private let position = Mutex<Int>(0)

  init(_ bytes: [UInt8], atMost: Int = .max, failure: (any Error)? = nil) {
    self.bytes = bytes
    self.atMost = atMost
    self.failure = failure
  }

  func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    try position.withLock { position in
      let count = min(buffer.count, atMost, bytes.count - position)
      if count == 0, let failure { throw failure }
      buffer.copyBytes(from: bytes[position..<position + count])
      position += count
      return count
    }
  }
}

/// A deterministic source of bytes and choices, so that a failing test fails again.
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) {
    state = seed
  }

  mutating func next() -> UInt64 {
    // SplitMix64.
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  mutating func bytes(_ count: Int) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(count + 8)
    while result.count < count { withUnsafeBytes(of: next()) { result.append(contentsOf: $0) } }
    return Array(result.prefix(count))
  }
}

/// Makes archives in memory and takes them apart again.
enum Archive {
  static let uuid = ArchiveUUID(high: 0x0123_4567_89AB_4DEF, low: 0x8123_4567_89AB_CDEF)

  static func header(
    _ devices: [(name: String, size: Int)], configs: [ArchiveConfig] = [],
    integrity: IntegrityPromise = .digests
  ) -> ArchiveHeader {
    ArchiveHeader(
      uuid: uuid, creationTime: 1_700_000_000, configs: configs,
      devices: devices.enumerated().map {
        ArchiveDevice(id: UInt8($0.offset + 1), name: $0.element.name, size: UInt64($0.element.size))
      }, integrity: integrity)
  }

  /// An archive of whole images, each written in ascending order, one after another.
  static func make(
    _ images: [(name: String, bytes: [UInt8])], configs: [ArchiveConfig] = [],
    integrity: IntegrityPromise = .digests
  ) throws -> [UInt8] {
    let output = MemoryOutput()
    let header = header(
      images.map { ($0.name, $0.bytes.count) }, configs: configs, integrity: integrity)
    let writer = try ArchiveWriter(header: header, output: output)
    for (device, image) in zip(header.devices, images) {
      try image.bytes.withUnsafeBytes {
        try writer.appendClusters(device: device.id, first: 0, bytes: $0)
      }
    }
    _ = try writer.finish()
    return output.bytes
  }

  /// What an archive gives for each device, and the report.
  static func extract(
    _ archive: [UInt8], atMost: Int = .max, checking depth: CheckDepth = .data
  ) throws -> (images: [String: [UInt8]], report: ArchiveReport) {
    let reader = try ArchiveReader(input: MemoryInput(archive, atMost: atMost))
    var images: [String: [UInt8]] = [:]
    let report = try reader.read(checking: depth) { run in
      var image = images.removeValue(forKey: run.device.name) ?? []
      let end = Int(run.offset + run.length)
      if image.count < end { image.append(contentsOf: repeatElement(0xEE, count: end - image.count)) }
      switch run.content {
      case .data(let bytes): image.replaceSubrange(Int(run.offset)..<end, with: bytes)
      case .zeros(let count):
        image.replaceSubrange(Int(run.offset)..<end, with: repeatElement(0, count: Int(count)))
      }
      images[run.device.name] = image
    }
    return (images, report)
  }

  static func verify(_ archive: [UInt8], checking depth: CheckDepth = .data) throws -> ArchiveReport {
    try ArchiveVerifier.verify(MemoryInput(archive), checking: depth)
  }

  /// The error of verifying an archive that must not verify; nil when it does after all.
  static func complaint(_ archive: [UInt8], checking depth: CheckDepth = .data) -> VMAError? {
    do {
      _ = try verify(archive, checking: depth)
      return nil
    } catch {
      return error as? VMAError
    }
  }
}

/// The SHA-256 of some bytes as hex digits.
func sha256(_ bytes: [UInt8]) -> String {
  var digest = [UInt8](repeating: 0, count: 32)
  EVP_Digest(bytes, bytes.count, &digest, nil, EVP_sha256(), nil)
  return digest.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
}
