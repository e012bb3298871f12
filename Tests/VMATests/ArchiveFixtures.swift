import CLibCrypto
import Glibc
import Synchronization
import SystemPackage

@testable import VMA

/// An output that keeps the archive in memory, and can fail after so many bytes.
final class MemoryOutput: ArchiveOutput {
  private let state = Mutex<[UInt8]>([])
  private let limit: Int
  private let failure: any Error

  init(limit: Int = .max, failure: any Error = Errno.noSpace) {
    self.limit = limit
    self.failure = failure
  }

  var bytes: [UInt8] { state.withLock { $0 } }

  func write(_ bytes: UnsafeRawBufferPointer) throws {
    try state.withLock { all in
      guard all.count + bytes.count <= limit else { throw failure }
      all += copied(bytes)
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
      bytes.withUnsafeBytes { copy($0.slice(position, count), to: buffer) }
      position += count
      return count
    }
  }
}

/// An input over bytes in memory that can also be had in any order.
final class AnyOrderInput: ArchiveInput {
  private let input: MemoryInput
  let storage: (any ArchiveStorage)?

  init(_ bytes: [UInt8]) {
    input = MemoryInput(bytes)
    storage = MemoryStorage(bytes)
  }

  func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int { try input.read(into: buffer) }
}

// The tests run without optimisation, where the standard library's byte loops take seconds for a few MiB:
// the C library's functions do the bulk work.

/// As many bytes of one value.
func filled(_ count: Int, with value: UInt8 = 0) -> [UInt8] {
  Array(unsafeUninitializedCapacity: count) { buffer, initialized in
    if let base = buffer.baseAddress { memset(base, Int32(value), count) }
    initialized = count
  }
}

func copied(_ bytes: UnsafeRawBufferPointer) -> [UInt8] {
  Array(unsafeUninitializedCapacity: bytes.count) { buffer, initialized in
    copy(bytes, to: UnsafeMutableRawBufferPointer(buffer))
    initialized = bytes.count
  }
}

func copy(_ source: UnsafeRawBufferPointer, to target: UnsafeMutableRawBufferPointer) {
  precondition(source.count <= target.count)
  guard let from = source.baseAddress, let to = target.baseAddress else { return }
  memcpy(to, from, source.count)
}

func isSame(_ left: [UInt8]?, _ right: [UInt8]) -> Bool {
  guard let left, left.count == right.count else { return false }
  return memcmp(left, right, left.count) == 0
}

extension ArchiveWriter {
  /// Appends clusters out of a whole image in memory.
  func append(_ clusters: Range<UInt64>, of image: [UInt8], device: UInt8) throws {
    try appendClusters(device: device, clusters: clusters) { buffer, offset in
      image.withUnsafeBytes { copy($0.slice(Int(offset), buffer.count), to: buffer) }
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
    let words = (0..<(count + 7) / 8).map { _ in next() }
    return words.withUnsafeBytes { copied($0.slice(0, count)) }
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
      let end = Int(run.offset + run.length)
      var image = images.removeValue(forKey: run.device.name) ?? filled(Int(run.device.size), with: 0xEE)
      if image.count < end { image += filled(end - image.count, with: 0xEE) }
      image.withUnsafeMutableBytes { bytes in
        let target = bytes.slice(Int(run.offset), Int(run.length))
        switch run.content {
        case .data(let data): copy(data, to: target)
        case .zeros:
          if let base = target.baseAddress { memset(base, 0, target.count) }
        }
      }
      images[run.device.name] = image
    }
    // A memory stream may end before its declared size.
    for device in report.devices where device.device.isVMState {
      images[device.device.name] = images[device.device.name].map { Array($0.prefix(Int(device.length))) }
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
