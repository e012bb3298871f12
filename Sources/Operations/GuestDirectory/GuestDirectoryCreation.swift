import DiskIO
import Glibc
import SystemPackage
import VMA

/// Puts what would go into an archive into a directory instead: images, the memory stream, configs, each a file.
///
/// The names are those of `vma extract`. The directory gets its name when all of it is complete; a failure or a
/// cancellation leaves nothing.
struct GuestDirectoryCreation {
  /// Bytes copied between two looks at progress and cancellation.
  private static let step = 1 << 20

  private let contents: ArchiveContents
  private let format: ImageFormat
  private let progress: (any ProgressReceiver)?
  private let cancellation: Cancellation
  private let confirm: () throws -> Void

  /// - Parameters:
  ///   - contents: what goes in.
  ///   - format: of the disks' images; UEFI variables, which are no guest's disk, stay raw.
  ///   - progress: told every few MiB.
  ///   - cancellation: asked as often.
  ///   - confirm: called once all is read, before the directory gets its name; throws what speaks against that.
  init(
    _ contents: ArchiveContents, format: ImageFormat, progress: (any ProgressReceiver)?,
    cancellation: Cancellation, confirm: @escaping () throws -> Void
  ) {
    self.contents = contents
    self.format = format
    self.progress = progress
    self.cancellation = cancellation
    self.confirm = confirm
  }

  /// Writes the directory.
  ///
  /// - Parameter path: where; nothing may be there.
  /// - Throws: `DiskIOError`, ``CancelledError``.
  /// - Returns: what was written; lengths are those of the data, without holes.
  func run(to path: String) throws -> ArchiveSummary {
    let place = FilePath(path)
    guard let name = place.lastComponent?.string else { throw DiskIOError.exists(path: path) }
    var status = stat()
    guard lstat(path, &status) != 0 else { throw DiskIOError.exists(path: path) }
    let temporary = place.removingLastComponent().appending(TemporaryName.new(for: name)).string
    let directory = try OutputDirectory(path: temporary)
    for config in contents.configs {
      let file = try directory.makeFile(config.name)
      try config.data.withUnsafeBytes { try file.write($0, at: 0) }
    }
    let devices = try contents.archiveDevices()
    let total = devices.reduce(0) { $0 + $1.size }
    var done: UInt64 = 0
    var zeros: UInt64 = 0
    var summaries: [DeviceSummary] = []
    for (device, content) in zip(devices, contents.devices) {
      let data = try copy(content, into: directory) { copied, holes in
        progress?.report(
          OperationProgress(completed: done + copied, total: total, zeros: zeros + holes))
      }
      done += device.size
      zeros += device.size - min(data, device.size)
      summaries.append(DeviceSummary(device: device, storedBytes: data))
    }
    try confirm()
    try directory.keep(as: path)
    return ArchiveSummary(bytesWritten: total - zeros, devices: summaries)
  }

  /// Copies one device and returns how many bytes of data it has.
  private func copy(
    _ content: ArchiveContents.Device, into directory: OutputDirectory,
    report: (_ copied: UInt64, _ holes: UInt64) -> Void
  ) throws -> UInt64 {
    let output = try Output(content, in: directory, format: format)
    let space = UnsafeMutableRawBufferPointer.allocate(byteCount: Self.step, alignment: 4096)
    defer { space.deallocate() }
    var runs = DiskRuns(content.source)
    let size = content.streamLength ?? content.source.size
    var position: UInt64 = 0
    var data: UInt64 = 0
    while position < size {
      try cancellation.check()
      let run = try runs.run(at: position)
      let end = min(run.end, size)
      if run.isData {
        let count = Int(min(UInt64(space.count), end - position))
        let part = UnsafeMutableRawBufferPointer(rebasing: space[..<count])
        try runs.read(into: part, at: position)
        try output.write(UnsafeRawBufferPointer(part), at: position)
        position += UInt64(count)
        data += UInt64(count)
      } else {
        // New images read as zeros.
        position = end
      }
      report(position, position - data)
    }
    try output.finish(size: size)
    return data
  }
}

/// A file of the directory that is being written.
private enum Output {
  case image(any DiskTarget)
  case stream(PartialFile)

  init(_ content: ArchiveContents.Device, in directory: OutputDirectory, format: ImageFormat) throws {
    if content.streamLength != nil {
      self = .stream(try directory.makeFile(GuestDirectoryLayout.memory))
      return
    }
    let isDisk = content.name.hasPrefix("drive-")
    let format = isDisk ? format : .raw
    let file = try directory.makeFile(GuestDirectoryLayout.image(of: content.name, format: format))
    self = .image(try DiskImage.create(file, format: format, size: content.source.size))
  }

  func write(_ bytes: UnsafeRawBufferPointer, at offset: UInt64) throws {
    switch self {
    case .image(let target): try target.write(bytes, at: offset)
    case .stream(let file): try file.write(bytes, at: offset)
    }
  }

  func finish(size: UInt64) throws {
    switch self {
    case .image(let target): try target.finish()
    case .stream(let file): try file.setLength(size)
    }
  }
}
