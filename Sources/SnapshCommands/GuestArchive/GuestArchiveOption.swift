import CommandGrammar
import Compression
import Libvirt
import Operations

/// Options that the commands which archive a guest share.
struct GuestArchiveOption {
  static let output = Option.text(
    "output", letter: "o", namedOnly: true, completes: .file,
    help: "new archive, an existing pipe, or - for standard output")
  static let disks = Option.repeated(
    "disk", namedOnly: true, help: "target of a disk to archive (default all)")
  static let excluded = Option.repeated("exclude", namedOnly: true, help: "target of a disk to leave out")
  static let scratch = Option.text(
    "scratch", namedOnly: true, completes: .file,
    help: "directory for what is needed meanwhile: sockets, overwritten data, memory")
  static let dryRun = Option.flag("dry-run", help: "print what would be done, and do nothing")

  static let all: [any DeclaredOption] = [
    output, disks, excluded, CompressOption.compress, scratch, dryRun,
  ]

  private let path: String
  private let selection: GuestDiskSelection
  private let compression: CompressionSetting?
  private let scratch: String?
  /// Whether the steps are only printed.
  let isDryRun: Bool

  init(_ arguments: ParsedArguments) throws {
    guard let path = try arguments[Self.output] else {
      throw CommandFailure(
        "where the archive goes is not said: --output FILE, or --output - for standard output")
    }
    self.path = path
    selection = GuestDiskSelection(
      included: try arguments[Self.disks], excluded: try arguments[Self.excluded])
    compression = try CompressOption.setting(arguments)
    scratch = try arguments[Self.scratch]
    isDryRun = try arguments[Self.dryRun]
  }

  /// Whether the archive goes where results are printed.
  private var toOutput: Bool { path == "-" }

  /// The request, its progress shown as `label`.
  func request(in session: Session, label: String) throws -> GuestArchiveRequest {
    let destination: ArchiveDestination =
      toOutput
      ? .output(ConsoleOutput(sink: session.console.output), name: "standard output")
      : .path(path)
    return GuestArchiveRequest(
      selection: selection, destination: destination, compression: compression,
      scratchDirectory: scratch.map(AbsolutePath.of),
      journalDirectory: StateDirectory(environment: session.environment).journals,
      progress: TimedProgress(session.jobProgress(label: label)), cancellation: session.interruptible())
  }

  /// What was archived, as a result.
  func result(_ made: GuestArchiveResult) -> GuestArchived {
    GuestArchived(made, archive: path, leavesOutputAlone: toOutput)
  }
}

/// A guest's archive that was made.
struct GuestArchived: CommandResult {
  struct Device: Encodable {
    let device: String
    let sizeBytes: UInt64
    let storedBytes: UInt64
  }

  let archive: String
  let domain: String
  let uuid: String
  let mode: String
  let consistency: String
  let instant: String
  let instantSeconds: Int64
  let wasRunning: Bool
  let bytesWritten: UInt64
  /// Bytes of the file; only where the archive is compressed.
  let compressedBytes: UInt64?
  let devices: [Device]
  let leavesOutputAlone: Bool

  private enum CodingKeys: String, CodingKey {
    case archive, domain, uuid, mode, consistency, instant, instantSeconds, wasRunning, bytesWritten
    case compressedBytes, devices
  }

  init(_ made: GuestArchiveResult, archive: String, leavesOutputAlone: Bool) {
    self.archive = archive
    self.leavesOutputAlone = leavesOutputAlone
    domain = made.guest.name
    uuid = made.guest.uuid
    mode = made.guest.mode.rawValue
    consistency = made.guest.consistency.rawValue
    instant = made.guest.instant
    instantSeconds = made.guest.instantSeconds
    wasRunning = made.guest.wasRunning
    bytesWritten = made.summary.bytesWritten
    compressedBytes = made.summary.storedLength
    devices = made.summary.devices.map {
      Device(device: $0.device.name, sizeBytes: $0.device.size, storedBytes: $0.storedBlocks * 4096)
    }
  }

  func render(into text: inout TextOutput) {
    let disks = devices.count { $0.device.hasPrefix("drive-") }
    let memory = consistency == "memory" ? " and its memory" : ""
    text.printExtra(
      "Domain '\(domain)': \(disks) disk\(disks == 1 ? "" : "s")\(memory) as of \(instant) archived in '\(archive)' "
        + "(\(compressedBytes ?? bytesWritten) bytes)\n")
  }
}
