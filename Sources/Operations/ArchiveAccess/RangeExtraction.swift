import DiskIO
import VMA

/// Takes a stretch of one device out of an archive.
///
/// Of a plain file only what is wanted is read; what is compressed, or comes through a pipe, is read to its end and checked.
public struct RangeExtraction {
  /// Where the bytes go.
  public enum Target {
    /// A new file, holes where the archive has zeros; it gets its name when it is complete.
    case file(String)
    /// Anything that takes bytes in order.
    case output((UnsafeRawBufferPointer) throws -> Void)
  }

  private static let step: UInt64 = 4 << 20
  private static let zeros = [UInt8](repeating: 0, count: 64 << 10)

  private let device: String
  private let offset: UInt64
  private let wanted: UInt64?
  private let cancellation: Cancellation

  /// - Parameters:
  ///   - device: the device's name.
  ///   - offset: where the stretch begins, in bytes.
  ///   - length: how long it is; nil for all that follows.
  ///   - cancellation: asked every few MiB.
  public init(device: String, offset: UInt64, length: UInt64?, cancellation: Cancellation) {
    self.device = device
    self.offset = offset
    wanted = length
    self.cancellation = cancellation
  }

  /// Does it.
  ///
  /// - Parameters:
  ///   - path: the archive, or `-` for standard input.
  ///   - target: where the bytes go.
  ///   - progress: told every few MiB.
  /// - Throws: ``ArchiveOperationError``, `DiskIOError`, ``CancelledError``.
  /// - Returns: the number of bytes.
  public func run(from path: String, to target: Target, progress: (any ProgressReceiver)?) throws -> UInt64 {
    guard path != "-" else { return try stream(path, to: target, progress) }
    do {
      let archive = try IndexedArchive(path: path, cancellation: cancellation)
      return try pick(from: archive, to: target, progress)
    } catch ArchiveOperationError.notRandomAccess {
      return try stream(path, to: target, progress)
    }
  }

  /// The stretch inside a device of `size` bytes.
  private func range(within size: UInt64) throws -> Range<UInt64> {
    let end =
      wanted.map { offset.addingReportingOverflow($0) } ?? (partialValue: max(size, offset), overflow: false)
    guard !end.overflow, end.partialValue <= size else {
      throw ArchiveOperationError.rangeOutside(
        device: device, end: end.overflow ? .max : end.partialValue, size: size)
    }
    return offset..<end.partialValue
  }

  private func pick(
    from archive: IndexedArchive, to target: Target, _ progress: (any ProgressReceiver)?
  ) throws -> UInt64 {
    let position = try archive.position(of: device)
    let range = try range(within: archive.length(ofDevice: position))
    let sink = try Sink(target)
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: Int(Self.step), alignment: 4096)
    defer { buffer.deallocate() }
    let total = range.upperBound - range.lowerBound
    var next = range.lowerBound
    while next < range.upperBound {
      try cancellation.check()
      let end = min(range.upperBound, next + Self.step)
      let pieces = try ArchiveOperationError.naming(archive.path) {
        try archive.content.pieces(of: next..<end, ofDevice: position, room: buffer)
      }
      for piece in pieces {
        switch piece.content {
        case .data(let bytes, let owner):
          try withExtendedLifetime(owner) { try sink.write(bytes, at: next - range.lowerBound) }
        case .zeros: try sink.writeZeros(UInt64(piece.length))
        }
        next += UInt64(piece.length)
      }
      progress?.report(OperationProgress(completed: next - range.lowerBound, total: total, zeros: 0))
    }
    try sink.finish(length: total)
    return total
  }

  private func stream(
    _ path: String, to target: Target, _ progress: (any ProgressReceiver)?
  ) throws -> UInt64 {
    let archive = try OpenArchive(path: path, cancellation: cancellation)
    guard let found = archive.header.device(named: device) else {
      throw ArchiveOperationError.unknownDevices([device], known: archive.header.devices.map(\.name))
    }
    let memory = ArchiveManifest(of: archive.header)?.memory
    let size = memory?.device == device ? min(memory?.length ?? 0, found.size) : found.size
    // How much of a memory stream there is shows only at the end, so this may be more than that.
    let bound = try range(within: size)
    let sink = try Sink(target)
    let report = try archive.cancellable {
      try archive.read(progress: progress) { run in
        guard run.device.id == found.id else { return }
        let start = max(run.offset, bound.lowerBound)
        let end = min(run.offset + run.length, bound.upperBound)
        guard start < end else { return }
        switch run.content {
        case .data(let bytes):
          let part = bytes[Int(start - run.offset)..<Int(end - run.offset)]
          try sink.expect(start - bound.lowerBound, of: archive.name)
          try sink.write(UnsafeRawBufferPointer(rebasing: part), at: start - bound.lowerBound)
        case .zeros:
          try sink.expect(start - bound.lowerBound, of: archive.name)
          try sink.writeZeros(end - start)
        }
      }
    }
    var held = report.devices.first { $0.device.id == found.id }?.length ?? 0
    if let memory, memory.device == device { held = min(held, memory.length) }
    let range = try range(within: held)
    try sink.finish(length: range.upperBound - range.lowerBound)
    return range.upperBound - range.lowerBound
  }

  /// The target as it fills.
  private final class Sink {
    private let file: PartialFile?
    private let output: ((UnsafeRawBufferPointer) throws -> Void)?
    private var next: UInt64 = 0
    private var received: UInt64 = 0

    init(_ target: Target) throws {
      switch target {
      case .file(let path):
        file = try PartialFile(path: path)
        output = nil
      case .output(let write):
        file = nil
        output = write
      }
    }

    /// Refuses what does not come in order, where order is all that there is.
    func expect(_ offset: UInt64, of name: String) throws {
      guard output == nil || offset == next else { throw ArchiveOperationError.rangeOutOfOrder(path: name) }
    }

    func write(_ bytes: UnsafeRawBufferPointer, at offset: UInt64) throws {
      if let output { try output(bytes) } else { try file?.write(bytes, at: offset) }
      next = offset + UInt64(bytes.count)
      received += UInt64(bytes.count)
    }

    /// A file keeps a hole there.
    func writeZeros(_ count: UInt64) throws {
      next += count
      received += count
      guard let output else { return }
      var left = count
      while left > 0 {
        let piece = Int(min(left, UInt64(RangeExtraction.zeros.count)))
        try RangeExtraction.zeros.withUnsafeBytes {
          try output(UnsafeRawBufferPointer(rebasing: $0[..<piece]))
        }
        left -= UInt64(piece)
      }
    }

    /// Gives a file its name, once all of it has come.
    func finish(length: UInt64) throws {
      guard received == length else {
        throw ArchiveOperationError.rangeIncomplete(have: received, want: length)
      }
      try file?.setLength(length)
      try file?.complete()
    }
  }
}
