import DiskIO
import Glibc
import SystemPackage
import VMA

/// A directory that holds a guest as plain files, open for restoring: of `backup --output-directory` or `vma extract`.
///
/// Plain files carry no digests: what can be checked is that all of them are there, and as long as `snapsh.json` says.
public final class OpenGuestDirectory: RestoreSource {
  /// The directory's path.
  public let name: String
  /// Configs and devices, as an archive's header has them.
  public let header: ArchiveHeader

  private let sources: [(device: ArchiveDevice, source: any DiskSource, length: UInt64)]
  private let cancellation: Cancellation

  /// Opens all files.
  ///
  /// - Parameters:
  ///   - path: the directory.
  ///   - cancellation: asked while it is read.
  /// - Throws: ``ArchiveOperationError`` for files that are missing, have another length, or refer to others;
  ///   `DiskIOError`.
  public init(path: String, cancellation: Cancellation) throws {
    name = path
    self.cancellation = cancellation
    let configs = try [
      GuestArchiveWriting.domainConfig, ArchiveManifest.configName, GuestArchiveWriting.snapshotsConfig,
    ].filter { Self.exists("\(path)/\($0)") }.map { try ArchiveContents.config(path: "\(path)/\($0)") }
    let instant = Int64(time(nil))
    let bare = ArchiveHeader(uuid: .random(), creationTime: instant, configs: configs, devices: [])
    guard let manifest = ArchiveManifest(of: bare) else {
      throw ArchiveOperationError.directoryIncomplete(path: path, missing: ArchiveManifest.configName)
    }
    var opened: [ArchiveContents.Device] = []
    for disk in manifest.disks {
      let (image, source) = try Self.openImage(of: disk.device, in: path)
      guard source.size == disk.size else {
        throw ArchiveOperationError.directorySize(path: image, have: source.size, want: disk.size)
      }
      opened.append(.init(disk: disk.device, source))
    }
    if let variables = manifest.guest?.nvramDevice,
      !manifest.disks.contains(where: { $0.device == variables })
    {
      opened.append(.init(disk: variables, try Self.openImage(of: variables, in: path).source))
    }
    if let memory = manifest.memory {
      let file = "\(path)/\(GuestDirectoryLayout.memory)"
      guard Self.exists(file) else {
        throw ArchiveOperationError.directoryIncomplete(path: path, missing: GuestDirectoryLayout.memory)
      }
      let stream = try RawImage(path: file)
      guard stream.contentSize == memory.length else {
        throw ArchiveOperationError.directorySize(path: file, have: stream.contentSize, want: memory.length)
      }
      opened.append(.init(memory: stream))
    }
    let devices = try ArchiveContents(configs: configs, devices: opened).archiveDevices()
    header = ArchiveHeader(uuid: bare.uuid, creationTime: instant, configs: configs, devices: devices)
    // Names and sizes are whatever somebody wrote into a file.
    do { _ = try header.encoded() } catch {
      throw ArchiveOperationError.archive(path: path, error)
    }
    sources = zip(devices, opened).map { ($0, $1.source, $1.streamLength ?? $1.source.size) }
  }

  /// Whether a path is a directory.
  public static func isDirectory(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
  }

  private static func exists(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0
  }

  private static func openImage(of device: String, in directory: String) throws -> (
    path: String, source: any DiskSource
  ) {
    let name = GuestDirectoryLayout.image(of: device, format: .qcow2)
    guard !device.contains("/") else {
      throw ArchiveOperationError.directoryIncomplete(path: directory, missing: name)
    }
    for format in GuestDirectoryLayout.formats {
      let path = "\(directory)/\(GuestDirectoryLayout.image(of: device, format: format))"
      guard exists(path) else { continue }
      if format == .qcow2 { try SelfContainedImage.require(path) }
      return (path, try DiskImage.open(path: path, format: format))
    }
    throw ArchiveOperationError.directoryIncomplete(path: directory, missing: name)
  }

  /// Runs a step; what fails because of a cancellation counts as cancelled.
  public func cancellable<Result>(_ step: () throws -> Result) throws -> Result {
    do { return try step() } catch {
      try cancellation.check()
      throw error
    }
  }

  /// Reads the files one after another.
  public func readAll(
    progress: (any ProgressReceiver)?, visit: @escaping (ArchiveRun) throws -> Void
  ) throws -> ArchiveReport? {
    let total = sources.reduce(0) { $0 + $1.length }
    var done: UInt64 = 0
    for (device, source, length) in sources {
      try read(source, of: device, length: length, visit: visit) { position in
        progress?.report(OperationProgress(completed: done + position, total: total, zeros: 0))
      }
      done += length
    }
    return nil
  }

  private func read(
    _ source: any DiskSource, of device: ArchiveDevice, length: UInt64,
    visit: (ArchiveRun) throws -> Void, report: (UInt64) -> Void
  ) throws {
    let space = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 4096)
    defer { space.deallocate() }
    var runs = DiskRuns(source)
    var position: UInt64 = 0
    while position < length {
      try cancellation.check()
      let run = try runs.run(at: position)
      let end = min(run.end, length)
      if run.isData {
        let part = UnsafeMutableRawBufferPointer(
          rebasing: space[..<Int(min(UInt64(space.count), end - position))])
        try runs.read(into: part, at: position)
        try visit(ArchiveRun(device: device, offset: position, content: .data(UnsafeRawBufferPointer(part))))
        position += UInt64(part.count)
      } else {
        try visit(ArchiveRun(device: device, offset: position, content: .zeros(end - position)))
        position = end
      }
      report(position)
    }
  }
}
