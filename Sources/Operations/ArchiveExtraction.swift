import DiskIO
import Glibc
import VMA

/// Takes an archive apart into a new directory: configs at once, disks and memory when the archive streams by.
///
/// No disk and no memory gets its final name before the whole archive was read and checked. A failure or a cancellation removes the
/// directory and all that was made in it.
public final class ArchiveExtraction {
  /// A disk that is being extracted.
  public struct Disk: Equatable, Sendable {
    /// The device in the archive.
    public let device: String
    /// Bytes.
    public let size: UInt64
    /// Where it is written until the archive proves complete.
    public let temporaryPath: String
    /// Where it ends up.
    public let path: String
    /// The format of the image.
    public let format: ImageFormat
  }

  /// The memory stream, extracted.
  public struct Memory: Equatable, Sendable {
    /// Where it ended up.
    public let path: String
    /// Bytes.
    public let length: UInt64
    /// Whether the length is the stream's own; else it ends with the filling of its last cluster or sector.
    public let isExactLength: Bool
  }

  /// What came of it.
  public struct Result: Sendable {
    /// Paths of the configs.
    public let configs: [String]
    /// The disks, in the order of the archive.
    public let disks: [Disk]
    /// The memory stream, where there was one and it was wanted.
    public let memory: Memory?
    /// What was read and what that proves.
    public let report: ArchiveReport
  }

  private let archive: OpenArchive
  private let directory: OutputDirectory
  private var selected: [ArchiveDevice]
  private var configs: [String] = []
  private var disks: [Disk] = []
  private var targets: [UInt8: any DiskTarget] = [:]
  private var memoryFile: PartialFile?
  private var existingTargets: Set<TargetIdentity> = []

  /// What a target is under whatever name: a file by its inode, a block device by its number.
  private struct TargetIdentity: Hashable {
    let device: dev_t
    let inode: ino_t?

    init?(_ path: String) {
      var status = stat()
      guard stat(path, &status) == 0 else { return nil }
      let isBlockDevice = status.st_mode & S_IFMT == S_IFBLK
      device = isBlockDevice ? status.st_rdev : status.st_dev
      inode = isBlockDevice ? nil : status.st_ino
    }
  }

  /// Makes the directory and writes the configs.
  ///
  /// - Parameters:
  ///   - archive: the open archive.
  ///   - path: a directory that does not exist yet.
  ///   - devices: names of the devices that are wanted; nil for all.
  /// - Throws: ``ArchiveOperationError``, `DiskIOError`.
  public init(_ archive: OpenArchive, into path: String, devices: [String]?) throws {
    self.archive = archive
    selected = archive.header.devices
    if let devices {
      let known = archive.header.devices.map(\.name)
      let unknown = devices.filter { !known.contains($0) }
      guard unknown.isEmpty else {
        throw ArchiveOperationError.unknownDevices(unknown, known: known)
      }
      selected.removeAll { !devices.contains($0.name) }
    }
    directory = try Self.makeDirectory(path)
    for config in archive.header.configs {
      let file = try directory.makeFile(config.name)
      try config.data.withUnsafeBytes { try file.write($0, at: 0) }
      try file.complete()
      configs.append(file.path)
    }
    if selected.contains(where: \.isVMState) { memoryFile = try directory.makeFile("vmstate.bin") }
  }

  private static func makeDirectory(_ path: String) throws -> OutputDirectory {
    do {
      return try OutputDirectory(path: path)
    } catch DiskIOError.system(_, _, let errno, _) {
      throw ArchiveOperationError.targetDirectory(path: path, errno: errno)
    }
  }

  /// Makes an image in the directory for every disk, named `disk-DEVICE.FORMAT`.
  ///
  /// - Parameters:
  ///   - format: of the images.
  ///   - preallocation: how much of their storage is taken at once.
  /// - Throws: `DiskIOError`.
  /// - Returns: the disks, in the order of the archive.
  public func makeImages(format: ImageFormat, preallocation: Preallocation = .off) throws -> [Disk] {
    for device in selected where !device.isVMState {
      let name = "disk-\(device.name).\(format)"
      let file = try directory.makeFile(name, temporaryName: "tmp-" + name)
      targets[device.id] = try DiskImage.create(
        file, format: format, size: device.size, preallocation: preallocation)
      disks.append(
        Disk(
          device: device.name, size: device.size, temporaryPath: file.temporaryPath, path: file.path,
          format: format))
    }
    return disks
  }

  /// Opens the existing images and block devices that a map names.
  ///
  /// - Parameter map: an entry for each disk that is wanted; of two for one disk the later counts.
  /// - Throws: ``ArchiveOperationError``, `DiskIOError`.
  public func openTargets(_ map: [DeviceMapEntry]) throws {
    let known = archive.header.devices.map(\.name)
    var byName: [String: DeviceMapEntry] = [:]
    for entry in map {
      switch entry {
      case .target(let device, _, _, _), .skip(let device):
        guard known.contains(device) else {
          throw ArchiveOperationError.unknownDevices([device], known: known)
        }
        byName[device] = entry
      }
    }
    for device in selected where !device.isVMState {
      switch byName[device.name] {
      case nil: throw ArchiveOperationError.noTarget(device: device.name)
      case .skip: continue
      case .target(_, let path, let format, let isKnownZero):
        try open(path, format: format, isKnownZero: isKnownZero, for: device)
      }
    }
  }

  private func open(_ path: String, format name: String?, isKnownZero: Bool, for device: ArchiveDevice) throws
  {
    // Proxmox's tool would look into the image for its format; what is there may be a guest's own writing.
    // What is not there is refused when it is opened.
    if let identity = TargetIdentity(path), !existingTargets.insert(identity).inserted {
      throw ArchiveOperationError.targetTwice(device: device.name, path: path)
    }
    let format = try name.map { (name) throws(DiskIOError) in try ImageFormat(name) } ?? .raw
    let target = try DiskImage.openTarget(path: path, format: format, isKnownZero: isKnownZero)
    guard target.size >= device.size, target.size - device.size <= 4 << 20 else {
      throw ArchiveOperationError.targetSize(
        device: device.name, path: path, have: target.size, want: device.size)
    }
    targets[device.id] = target
    disks.append(
      Disk(device: device.name, size: device.size, temporaryPath: path, path: path, format: format))
  }

  /// Reads the archive to its end into the targets, and gives everything its final name.
  ///
  /// - Parameter progress: told every few MiB.
  /// - Throws: ``ArchiveOperationError``, `DiskIOError`, ``CancelledError``.
  /// - Returns: what was made.
  public func run(progress: (any ProgressReceiver)?) throws -> Result {
    let manifest = ArchiveManifest(of: archive.header)
    let report = try archive.cancellable {
      // What goes nowhere is not read where the archive is a plain file.
      let wanted = Set(selected.map(\.id)).intersection(
        targets.keys.map { $0 } + selected.filter(\.isVMState).map(\.id))
      let report = try archive.read(
        progress: progress, devices: wanted.count == archive.header.devices.count ? nil : wanted, visit: take)
      for target in targets.values { try target.finish() }
      return report
    }
    // Lets go of the images before they get their names.
    targets = [:]
    let memory = try finishMemory(report, recorded: manifest?.memory)
    try directory.keep()
    return Result(configs: configs, disks: disks, memory: memory, report: report)
  }

  private func take(_ run: ArchiveRun) throws {
    if run.device.isVMState {
      // Zeros are left as a hole; the length is set at the end.
      if case .data(let bytes) = run.content { try memoryFile?.write(bytes, at: run.offset) }
      return
    }
    guard let target = targets[run.device.id] else { return }
    switch run.content {
    case .data(let bytes): try target.write(bytes, at: run.offset)
    case .zeros(let count): try target.writeZeroes(count, at: run.offset)
    }
  }

  private func finishMemory(_ report: ArchiveReport, recorded: ArchiveManifest.Memory?) throws -> Memory? {
    guard let file = memoryFile, let held = report.devices.first(where: { $0.device.isVMState }) else {
      return nil
    }
    var length = held.length
    let isExact = recorded?.device == held.device.name
    if isExact, let recorded {
      guard recorded.length <= length else {
        throw ArchiveOperationError.memoryLength(recorded: recorded.length, held: length)
      }
      length = recorded.length
    }
    try file.setLength(length)
    return Memory(path: file.path, length: length, isExactLength: isExact)
  }
}
