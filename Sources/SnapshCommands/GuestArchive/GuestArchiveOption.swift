import CommandGrammar
import Compression
import DiskIO
import Libvirt
import Operations
import VMA

/// Options that the commands which archive a guest share.
struct GuestArchiveOption {
  static let output = Option.text(
    "output", letter: "o", namedOnly: true, completes: .file,
    help: "new archive, an existing pipe, or - for standard output")
  static let outputDirectory = Option.text(
    "output-directory", namedOnly: true, completes: .file,
    help: "new directory of plain files instead of an archive: images, memory stream, definition")
  static let format = Option.text(
    "format", namedOnly: true, help: "format of the images in a directory: qcow2 (default) or raw")
  static let disks = Option.repeated(
    "disk", namedOnly: true, help: "target of a disk to archive (default all)")
  static let excluded = Option.repeated("exclude", namedOnly: true, help: "target of a disk to leave out")
  static let scratch = Option.text(
    "scratch", namedOnly: true, completes: .file,
    help: "directory for what is needed meanwhile: sockets, overwritten data, memory")
  static let dryRun = Option.flag("dry-run", help: "print what would be done, and do nothing")

  static let all: [any DeclaredOption] = [
    output, outputDirectory, format, disks, excluded, CompressOption.compress, scratch, dryRun,
  ]

  private let path: String
  private let directoryFormat: ImageFormat?
  private let selection: GuestDiskSelection
  private let compression: CompressionSetting?
  private let scratch: String?
  /// Whether the steps are only printed.
  let isDryRun: Bool

  init(_ arguments: ParsedArguments) throws {
    let directory = try arguments[Self.outputDirectory]
    let file = try arguments[Self.output]
    guard let path = directory ?? file else {
      throw CommandFailure(
        "where the archive goes is not said: --output FILE, --output - for standard output, or --output-directory DIR"
      )
    }
    if directory != nil, file != nil {
      throw ArgumentError.mutuallyExclusive("--output", "--output-directory")
    }
    self.path = path
    directoryFormat = try Self.format(arguments, isDirectory: directory != nil)
    selection = GuestDiskSelection(
      included: try arguments[Self.disks], excluded: try arguments[Self.excluded])
    compression = try CompressOption.setting(arguments)
    guard compression == nil || directory == nil else {
      throw CommandFailure("--compress is for archives; the images in a directory stay as they are")
    }
    scratch = try arguments[Self.scratch]
    isDryRun = try arguments[Self.dryRun]
  }

  /// The format of a directory's images; nil where an archive is wanted.
  private static func format(_ arguments: ParsedArguments, isDirectory: Bool) throws -> ImageFormat? {
    let name = try arguments[format]
    guard isDirectory else {
      guard name == nil else {
        throw CommandFailure("--format is for --output-directory; an archive holds disks in no format")
      }
      return nil
    }
    switch name {
    case nil, "qcow2": return .qcow2
    case "raw": return .raw
    case let other?: throw CommandFailure("images are written as qcow2 or raw, not as '\(other)'")
    }
  }

  /// Whether the archive goes where results are printed.
  private var toOutput: Bool { path == "-" && directoryFormat == nil }

  /// The request, its progress shown as `label`.
  func request(in session: Session, label: String) throws -> GuestArchiveRequest {
    let destination: ArchiveDestination =
      if let format = directoryFormat {
        .directory(AbsolutePath.of(path), format: format)
      } else if toOutput {
        .output(ConsoleOutput(sink: session.console.output), name: "standard output")
      } else {
        .path(path)
      }
    return GuestArchiveRequest(
      selection: selection, destination: destination, compression: compression,
      scratchDirectory: scratch.map(AbsolutePath.of),
      journalDirectory: StateDirectory(environment: session.environment).journals,
      progress: TimedProgress(session.jobProgress(label: label)), cancellation: session.interruptible())
  }

  /// What was archived, as a result.
  func result(_ made: GuestArchiveResult) -> GuestArchived {
    result(made.guest, made.summary)
  }

  /// What was archived, as a result.
  func result(_ guest: ArchiveManifest.Guest, _ summary: ArchiveSummary) -> GuestArchived {
    GuestArchived(guest, summary, archive: path, leavesOutputAlone: toOutput)
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

  init(
    _ guest: ArchiveManifest.Guest, _ summary: ArchiveSummary, archive: String, leavesOutputAlone: Bool
  ) {
    self.archive = archive
    self.leavesOutputAlone = leavesOutputAlone
    domain = guest.name
    uuid = guest.uuid
    mode = guest.mode.rawValue
    consistency = guest.consistency.rawValue
    instant = guest.instant
    instantSeconds = guest.instantSeconds
    wasRunning = guest.wasRunning
    bytesWritten = summary.bytesWritten
    compressedBytes = summary.storedLength
    devices = summary.devices.map {
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
