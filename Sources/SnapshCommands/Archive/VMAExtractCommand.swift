import CommandGrammar
import DiskIO
import Operations

/// `vma extract [-v] [-d LIST] [-r FIFO] FILE DIR`: the disks, memory and configs of an archive.
struct VMAExtractCommand: Command {
  private static let file = Option.required(
    "filename", completes: .file, help: "archive, - for standard input")
  private static let directory = Option.required("targetdir", help: "directory to make; it must not exist")
  private static let drives = Option.text(
    "drives", letter: "d", namedOnly: true, help: "comma-separated devices to extract (default all)")
  private static let map = Option.text(
    "readmap", letter: "r", namedOnly: true, help: "pipe that names an existing target for each device")
  private static let device = Option.text(
    "device", namedOnly: true, help: "with --range, the device")
  private static let range = Option.text(
    "range", namedOnly: true,
    help: "OFFSET:LENGTH of --device alone; TARGETDIR is a new file then, or - for standard output")
  private static let format = Option.text(
    "format", namedOnly: true, help: "format of the images, raw or qcow2 (default raw)")
  private static let preallocation = PreallocationOption.declared(
    help: "storage of the images that is taken at once: off, falloc or full (default off)")
  private static let domain = Option.flag(
    "domain", help: "the disks of a libvirt guest in their own formats, and its definition with them")
  private static let verbose = Option.flag("verbose", letter: "v", help: "print progress")

  static let grammar = CommandGrammar(
    name: "vma extract", group: "archive", abstract: "take an archive apart",
    discussion:
      "Writes the configs under their names, each disk as disk-NAME.raw (sparse), the memory\n"
      + "stream as vmstate.bin. The archive is checked as it is read; nothing is kept of one that\n"
      + "proves faulty. With -r the disks go to existing images or block devices: the listing is printed,\n"
      + "then lines '[format=F:]{0|1}:DEVICE=PATH' or 'skip=DEVICE' are read until 'done';\n"
      + "0 says that the target holds zeros already.\n"
      + "--range takes bytes of one device out, and of an archive that is not compressed reads no others.\n"
      + "--preallocation falloc reserves the images' storage first, so that a full file system shows at once;\n"
      + "full writes their zeros too.\n"
      + "--domain makes the images of a libvirt guest, GUEST-TARGET.FORMAT, and a libvirt-domain.xml that names them.",
    options: [file, directory, drives, map, device, range, format, preallocation, domain, verbose],
    exitStatuses: ExitStatus.interruptible,
    examples: [
      ("snapsh vma extract vm.vma restored", "Extract everything."),
      (
        "snapsh vma extract vm.vma - --device drive-scsi0 --range 0:512 | xxd",
        "Look at a boot sector."
      ),
      ("snapsh vma extract -d drive-scsi0 --format qcow2 vm.vma restored", "Extract one disk as qcow2."),
      ("snapsh vma extract --domain guest.vma restored", "A guest's images, ready for 'define'."),
    ])

  private let path: String
  private let directory: String
  private let drives: [String]?
  private let map: String?
  private let format: ImageFormat?
  private let preallocation: Preallocation
  private let isDomain: Bool
  private let isVerbose: Bool
  private let range: DeviceRangeArgument?

  init(_ arguments: ParsedArguments) throws {
    path = try arguments[Self.file]
    directory = try arguments[Self.directory]
    drives = try arguments[Self.drives]?.split(separator: ",").map(String.init)
    map = try arguments[Self.map]
    isVerbose = try arguments[Self.verbose]
    let format = try arguments[Self.format]
    range = try DeviceRangeArgument(device: arguments[Self.device], range: arguments[Self.range])
    guard range == nil || drives == nil && map == nil && format == nil else {
      throw CommandFailure("--range goes with --device alone, without -d, -r and --format")
    }
    guard format == nil || map == nil else {
      throw CommandFailure("--format cannot be given with -r: the map says the format of each target")
    }
    preallocation = try PreallocationOption.value(arguments[Self.preallocation])
    guard preallocation == .off || map == nil && range == nil else {
      throw CommandFailure("--preallocation is for the images that extract makes, not for -r and --range")
    }
    isDomain = try arguments[Self.domain]
    if isDomain, drives != nil { throw ArgumentError.mutuallyExclusive("--domain", "--drives") }
    if isDomain, map != nil { throw ArgumentError.mutuallyExclusive("--domain", "--readmap") }
    if isDomain, range != nil { throw ArgumentError.mutuallyExclusive("--domain", "--range") }
    switch format {
    case nil: self.format = nil
    case "raw": self.format = .raw
    case "qcow2": self.format = .qcow2
    case let other?: throw CommandFailure("images can be extracted as raw or qcow2, not as '\(other)'")
    }
  }

  /// What was extracted.
  struct Extracted: CommandResult {
    struct Disk: Encodable {
      let device: String
      let path: String
      let sizeBytes: UInt64
      let format: String
    }

    struct Memory: Encodable {
      let path: String
      let lengthBytes: UInt64
      /// Whether that is the stream's own, without the filling behind it.
      let isExactLength: Bool
    }

    let directory: String
    let configs: [String]
    let disks: [Disk]
    let memory: Memory?
    let archive: ArchiveReadSummary?
    /// The guest's name; nil where devices were extracted as such.
    var domain: String?
    let isVerbose: Bool

    private enum CodingKeys: String, CodingKey { case directory, configs, disks, memory, archive, domain }

    func render(into text: inout TextOutput) {
      if let domain { text.printExtra("Disks of domain '\(domain)' extracted to \(directory)\n") }
      if isVerbose, let archive { text.print(archive.text) }
    }
  }

  func run(in session: Session) throws -> any CommandResult {
    let cancellation = session.interruptible()
    if let range { return try range.extract(from: path, to: directory, isVerbose: isVerbose, in: session) }
    let archive = try OpenArchive(path: path, cancellation: cancellation)
    if isDomain { return try extractGuest(archive, cancellation, in: session) }
    let extraction = try ArchiveExtraction(archive, into: directory, devices: drives)
    if let map {
      // Whoever writes the map waits for the listing first.
      if !session.printsJSON { try session.console.print(ArchiveListing(archive.header).text) }
      try extraction.openTargets(DeviceMapPipe(path: map, cancellation: cancellation).read())
    } else {
      let images = try extraction.makeImages(format: format ?? .raw, preallocation: preallocation)
      for disk in images where !session.printsJSON {
        try session.console.print("DEVINFO \(disk.temporaryPath) \(disk.size)\n")
      }
    }
    let progress = ArchiveProgressPrinter.reading(session, label: "Extract", isVerbose: isVerbose)
    let result = try extraction.run(progress: progress)
    return Extracted(
      directory: directory, configs: result.configs,
      disks: result.disks.map {
        Extracted.Disk(device: $0.device, path: $0.path, sizeBytes: $0.size, format: $0.format.name)
      },
      memory: result.memory.map {
        Extracted.Memory(path: $0.path, lengthBytes: $0.length, isExactLength: $0.isExactLength)
      },
      archive: ArchiveReadSummary(result.report), isVerbose: isVerbose)
  }

  private func extractGuest(_ archive: OpenArchive, _ cancellation: Cancellation, in session: Session) throws
    -> any CommandResult
  {
    let extraction = try GuestExtraction(
      archive, into: AbsolutePath.of(directory), format: format, preallocation: preallocation)
    let progress = ArchiveProgressPrinter.reading(session, label: "Extract", isVerbose: isVerbose)
    let result = try extraction.run(cancellation: cancellation, progress: progress)
    return Extracted(
      directory: directory, configs: [result.definition],
      disks: result.disks.map {
        Extracted.Disk(
          device: $0.device, path: $0.source, sizeBytes: result.sizes[$0.target] ?? 0, format: $0.format)
      }, memory: nil, archive: result.report.map(ArchiveReadSummary.init), domain: result.name,
      isVerbose: isVerbose)
  }
}
