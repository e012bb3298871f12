import CommandGrammar
import Compression
import Operations
import VMA

/// `vma create FILE [-c CONFIG]… [-d format=F:NAME=PATH]…`: an archive from images and configs.
struct VMACreateCommand: Command {
  private static let file = Option.required(
    "filename", help: "new archive, an existing pipe, or - for standard output")
  private static let legacy = Option.repeated(
    "device", help: "NAME=PATH, the old form of -d for raw images")
  private static let configs = Option.repeated(
    "config", letter: "c", namedOnly: true, help: "file to store as a config under its own name")
  private static let drives = Option.repeated(
    "drive", letter: "d", namedOnly: true, help: "format=FORMAT:NAME=PATH, an image to store as device NAME")
  private static let uuid = Option.text(
    "uuid", namedOnly: true, help: "UUID of the archive (default a new one)")
  private static let creationTime = Option.number(
    "ctime", namedOnly: true, help: "time of the archive in seconds since 1970 (default now)")
  private static let reproducible = Option.flag(
    "reproducible", help: "same input, same bytes: UUID and time follow from what goes in")
  private static let verbose = Option.flag("verbose", letter: "v", help: "print progress to standard error")

  static let grammar = CommandGrammar(
    name: "vma create", group: "archive", abstract: "make an archive from disk images",
    discussion:
      "Stores images as devices and files as configs. FORMAT is any that QEMU reads and is never\n"
      + "guessed; raw images and block devices are read directly, holes and zeros take no room.\n"
      + "A device named vmstate is a memory stream; its true length is kept in the config snapsh.json.\n"
      + "Two archives with --reproducible differ only where their input does, so that repositories\n"
      + "which look for what they have already find it; SOURCE_DATE_EPOCH is their time where it is set.\n"
      + "The archive gets its name when it is complete; a failure or Ctrl-C leaves nothing behind.",
    options: [
      file, legacy, configs, drives, CompressOption.compress, uuid, creationTime, reproducible, verbose,
    ],
    exitStatuses: ExitStatus.interruptible,
    examples: [
      (
        "snapsh vma create vm.vma -c qemu-server.conf -d format=raw:drive-scsi0=disk.raw",
        "Archive a raw disk."
      ),
      (
        "snapsh vma create vm.vma.zst --compress zstd:3 -d format=qcow2:drive-virtio0=disk.qcow2",
        "Archive a qcow2 chain, compressed."
      ),
    ])

  private let path: String
  private let configs: [String]
  private let devices: [DeviceArgument]
  private let compression: CompressionSetting?
  private let identity: ArchiveIdentity
  private let isDeprecated: Bool
  private let isVerbose: Bool

  init(_ arguments: ParsedArguments) throws {
    path = try arguments[Self.file]
    configs = try arguments[Self.configs]
    compression = try CompressOption.setting(arguments)
    identity = try Self.identity(arguments)
    isVerbose = try arguments[Self.verbose]
    let drives = try arguments[Self.drives]
    let legacy = try arguments[Self.legacy]
    guard drives.isEmpty || legacy.isEmpty else {
      throw CommandFailure("Unexpected extra argument - specify all devices via '-d'")
    }
    isDeprecated = !legacy.isEmpty
    devices =
      try drives.enumerated().map { try DeviceArgument($1, index: $0) }
      + legacy.enumerated().map { try DeviceArgument(deprecated: $1, index: $0) }
  }

  private static func identity(_ arguments: ParsedArguments) throws -> ArchiveIdentity {
    let uuid = try arguments[Self.uuid].map { text in
      guard let uuid = ArchiveUUID(text) else { throw CommandFailure("'\(text)' is no UUID") }
      return uuid
    }
    return ArchiveIdentity(
      uuid: uuid, creationTime: try arguments[creationTime].map { Int64($0) },
      isReproducible: try arguments[reproducible])
  }

  /// The identity; one that is reproducible takes the time that builds agree on from the environment.
  private func identity(in session: Session) throws -> ArchiveIdentity {
    guard identity.isReproducible, identity.creationTime == nil,
      let text = session.environment["SOURCE_DATE_EPOCH"]
    else { return identity }
    guard let seconds = Int64(text) else {
      throw CommandFailure("SOURCE_DATE_EPOCH is '\(text)', which is no number of seconds")
    }
    var identity = identity
    identity.creationTime = seconds
    return identity
  }

  /// The archive that was made.
  struct Created: CommandResult {
    struct Device: Encodable {
      let name: String
      let sizeBytes: UInt64
      let storedBytes: UInt64
      let zeroBytes: UInt64
      let digest: String?
    }

    let archive: String
    let bytesWritten: UInt64
    /// Bytes of the file; only where the archive is compressed.
    let compressedBytes: UInt64?
    let devices: [Device]
    let leavesOutputAlone: Bool

    private enum CodingKeys: String, CodingKey { case archive, bytesWritten, compressedBytes, devices }

    func render(into text: inout TextOutput) {}
  }

  func run(in session: Session) throws -> any CommandResult {
    let cancellation = session.interruptible()
    if isDeprecated {
      session.warn("Specifying a device without a format is deprecated - use '-d format=<format>:...'")
    }
    let contents = ArchiveContents(
      configs: try configs.map(ArchiveContents.config(path:)), devices: try devices.map { try $0.open() })
    let toOutput = path == "-"
    let creation = ArchiveCreation(
      contents, identity: try identity(in: session), compression: compression,
      progress: ArchiveProgressPrinter.writing(session, label: "Create", isVerbose: isVerbose),
      cancellation: cancellation)
    let summary = try creation.run(
      to: toOutput
        ? .output(ConsoleOutput(sink: session.console.output), name: "standard output") : .path(path))
    tellOfDevices(summary, session)
    return Created(
      archive: path, bytesWritten: summary.bytesWritten, compressedBytes: summary.storedLength,
      devices: summary.devices.map {
        Created.Device(
          name: $0.device.name, sizeBytes: $0.device.size,
          storedBytes: $0.storedBlocks * UInt64(Layout.blockSize), zeroBytes: Self.zeroBytes(of: $0),
          digest: $0.digest?.description)
      }, leavesOutputAlone: toOutput)
  }

  private func tellOfDevices(_ summary: ArchiveSummary, _ session: Session) {
    let disks = summary.devices.filter { !$0.device.isVMState }
    if !summary.devices.isEmpty, disks.allSatisfy({ $0.device.size < UInt64(Layout.clusterSize) }) {
      session.warn(
        "no disk has 64 KiB: Proxmox's own tool fails on such an archive when it is asked for progress",
        label: "warning: ")
    }
    guard isVerbose, !session.printsJSON else { return }
    for device in summary.devices {
      let zeros = Self.zeroBytes(of: device)
      session.console.printError(
        "image \(device.device.name): size=\(device.device.size) zeros=\(zeros) saved=\(device.device.size - zeros)\n"
      )
    }
  }

  /// Bytes of the device that were left out; the last stored block may reach past its end.
  private static func zeroBytes(of device: DeviceSummary) -> UInt64 {
    let stored = device.storedBlocks * UInt64(Layout.blockSize)
    return device.device.size - min(device.device.size, stored)
  }
}
