import CommandGrammar
import Glibc
import NBDServer
import Operations
import VMA

/// `vma-writer --incoming ADDRESS --nbd ADDRESS --drive …`: an archive of what QEMU sends.
struct VMAWriterCommand: Command {
  private static let output = Option.required(
    "output", help: "new archive, an existing pipe, or - for standard output")
  private static let incoming = Option.text(
    "incoming", namedOnly: true, help: "address at which the memory stream is awaited")
  private static let vmstate = Option.text("vmstate", namedOnly: true, help: "the same as --incoming")
  private static let nbd = Option.text(
    "nbd", namedOnly: true, help: "address of the NBD server for all of --drive")
  private static let drives = Option.repeated(
    "drive", namedOnly: true, help: "name=NAME,size=SIZE, a disk that is awaited at --nbd")
  private static let blockDevices = Option.repeated(
    "blockdev", namedOnly: true,
    help: "NAME,ADDRESS[,size=SIZE], a disk with an address of its own")
  private static let sizes = Option.repeated(
    "size", namedOnly: true, help: "[NAME=]SIZE for disks that come without")
  private static let files = Option.repeated(
    "add-file", namedOnly: true, completes: .file, help: "file to store as a config under its own name")
  private static let waitFor = Option.text(
    "wait-for", namedOnly: true, help: "'all' or a number: complete disks that end the work")
  private static let timeout = Option.number(
    "timeout", namedOnly: true, help: "fail when nothing arrives for so many seconds")
  private static let targetIsZero = Option.flag(
    "target-is-zero", help: "what nobody writes is zero, instead of missing")
  private static let vmstateLimit = Option.text(
    "vmstate-limit", namedOnly: true, help: "longest memory stream (default 1T)")
  private static let buffer = Option.text(
    "buffer", namedOnly: true, help: "memory for parts of clusters (default 64M)")
  private static let scratch = Option.text(
    "scratch", namedOnly: true, completes: .file, help: "directory for parts that find no memory")
  private static let verbose = Option.flag("verbose", letter: "v", help: "print progress to standard error")

  /// Also the name of the program's other link.
  static let name = "vma-writer"

  static let grammar = CommandGrammar(
    name: name, group: "archive", abstract: "make an archive of what QEMU sends",
    discussion:
      "Listens for a migration stream and serves an NBD export for each disk, prints Ready, and writes\n"
      + "what comes into an archive: the memory of a guest by 'migrate', its disks by 'blockdev-backup'\n"
      + "into the exports, or by any NBD client. An ADDRESS is unix:PATH, tcp:HOST:PORT, tcp:PORT on the\n"
      + "loopback address, or a path. Ends when the last client that has written closes, or with --wait-for when\n"
      + "so many disks are complete. Each disk must be written as a whole, unless --target-is-zero says\n"
      + "that the rest is zero, and each cluster of 64 KiB once; zeros may be written over.\n"
      + "The archive gets its name when it is complete; a failure or Ctrl-C leaves nothing behind.",
    options: [
      output, incoming, vmstate, nbd, drives, blockDevices, sizes, files, waitFor, timeout, targetIsZero,
      vmstateLimit, buffer, scratch, verbose,
    ],
    exitStatuses: ExitStatus.interruptible,
    examples: [
      (
        line: "snapsh vma-writer --incoming /run/migrate.sock --nbd /run/nbd.sock "
          + "--drive name=drive0,size=10G --drive name=drive1,size=32G --output vm.vma",
        purpose: "Take a guest's memory and two disks."
      ),
      (
        line: "snapsh vma-writer --output=vm.vma --add-file=vm.xml --vmstate=tcp:127.0.0.1:1234 "
          + "--blockdev=virtio-drive0,tcp:127.0.0.1:1235,size=10G",
        purpose: "The same over TCP, each disk at a port of its own."
      ),
      (
        "snapsh vma-writer --nbd nbd.sock --drive name=drive0,size=10G --output - | zstd > vm.vma.zst",
        "Take a disk alone, compressed on the way."
      ),
    ])

  private let path: String
  private let request: ArchiveReception.Request
  private let files: [String]
  private let isVerbose: Bool

  init(_ arguments: ParsedArguments) throws {
    path = try arguments[Self.output]
    files = try arguments[Self.files]
    isVerbose = try arguments[Self.verbose]
    var request = ArchiveReception.Request()
    let incoming = try arguments[Self.incoming]
    let vmstate = try arguments[Self.vmstate]
    guard incoming == nil || vmstate == nil else {
      throw CommandFailure("--incoming and --vmstate are the same option; give one of them")
    }
    request.memory = try (incoming ?? vmstate).map { (text) throws in try Self.address(text) }
    request.drives = try Self.drives(arguments)
    request.ending = try Self.ending(arguments, drives: request.drives.count)
    request.timeout = try arguments[Self.timeout]
    if let timeout = request.timeout, timeout <= 0 {
      throw CommandFailure("--timeout must be a number of seconds above 0")
    }
    request.treatsUnwrittenAsZero = try arguments[Self.targetIsZero]
    if let limit = try arguments[Self.vmstateLimit] {
      request.memoryLimit = try DriveArgument.size(limit, of: "--vmstate-limit")
    }
    if let buffer = try arguments[Self.buffer] {
      request.gatheringMemory = Int(clamping: try DriveArgument.size(buffer, of: "--buffer"))
    }
    request.scratchDirectory = try arguments[Self.scratch] ?? Self.scratchDirectory(for: path)
    self.request = request
  }

  private static func address(_ text: String) throws -> SocketAddress {
    let address = try SocketAddress(text)
    if case .tcp(_, 0) = address {
      throw CommandFailure("'\(text)' leaves the port to the system, and nobody would know it; choose one")
    }
    return address
  }

  private static func drives(_ arguments: ParsedArguments) throws -> [ArchiveReception.Drive] {
    let drives = try arguments[Self.drives]
    var given: [DriveArgument] = []
    if let nbd = try arguments[Self.nbd] {
      let address = try Self.address(nbd)
      given = try drives.map { try DriveArgument(drive: $0, address: address) }
    } else if !drives.isEmpty {
      throw CommandFailure("--drive needs --nbd, the address at which the disks are served")
    }
    for text in try arguments[Self.blockDevices] {
      let drive = try DriveArgument(blockDevice: text)
      given.append(drive)
      _ = try Self.address("\(drive.address)")
    }
    var sizes: [String: UInt64] = [:]
    var commonSize: UInt64?
    for text in try arguments[Self.sizes] {
      if let equals = text.lastIndex(of: "=") {
        let name = String(text[..<equals])
        guard given.contains(where: { $0.name == name && $0.size == nil }) else {
          throw CommandFailure("--size '\(text)' belongs to no disk without a size")
        }
        sizes[name] = try DriveArgument.size(String(text[text.index(after: equals)...]), of: name)
      } else {
        commonSize = try DriveArgument.size(text, of: "--size")
      }
    }
    return try given.map { drive in
      guard let size = drive.size ?? sizes[drive.name] ?? commonSize else {
        throw CommandFailure(
          "the size of '\(drive.name)' is not known; write ,size=SIZE behind it or give --size \(drive.name)=SIZE"
        )
      }
      return ArchiveReception.Drive(name: drive.name, size: size, address: drive.address)
    }
  }

  private static func ending(_ arguments: ParsedArguments, drives: Int) throws -> ArchiveReception.Ending {
    guard let text = try arguments[waitFor] else { return .lastDisconnection }
    if text == "all" { return .completeDrives(drives) }
    guard let count = Int(text), (1...max(1, drives)).contains(count) else {
      throw CommandFailure("--wait-for takes 'all' or a number from 1 to \(drives), not '\(text)'")
    }
    return .completeDrives(count)
  }

  /// Beside the archive, where there must be room anyway.
  private static func scratchDirectory(for path: String) -> String {
    guard path == "-" else {
      return path.lastIndex(of: "/").map { path[..<$0].isEmpty ? "/" : String(path[..<$0]) } ?? "."
    }
    return getenv("TMPDIR").map { String(cString: $0) } ?? "/var/tmp"
  }

  /// The archive that was made.
  struct Written: CommandResult {
    struct Device: Encodable {
      let name: String
      let sizeBytes: UInt64
      let storedBytes: UInt64
      let digest: String?
    }

    struct Memory: Encodable {
      let lengthBytes: UInt64
    }

    let archive: String
    let bytesWritten: UInt64
    let devices: [Device]
    let memory: Memory?
    let leavesOutputAlone: Bool

    private enum CodingKeys: String, CodingKey { case archive, bytesWritten, devices, memory }

    func render(into text: inout TextOutput) {}
  }

  func run(in session: Session) throws -> any CommandResult {
    let cancellation = session.interruptible()
    var request = request
    request.configs = try files.map(ArchiveContents.config(path:))
    let toOutput = path == "-"
    let console = session.console
    let tellsPrograms = session.printsJSON
    let log: @Sendable (String) -> Void = { sentence in
      console.warn(sentence, label: "warning: ", json: tellsPrograms)
    }
    let reception = ArchiveReception(
      request, progress: ArchiveProgressPrinter.writing(session, label: "Write", isVerbose: isVerbose),
      log: log,
      cancellation: cancellation)
    let result = try reception.run(
      to: toOutput ? .output(ConsoleOutput(sink: console.output), name: "standard output") : .path(path)
    ) {
      // Whoever started this waits for the line.
      let ready = tellsPrograms ? #"{"type":"ready"}"# + "\n" : "Ready\n"
      if toOutput { console.printError(ready) } else { try console.print(ready) }
    }
    return Written(
      archive: path, bytesWritten: result.archive.bytesWritten,
      devices: result.archive.devices.map {
        Written.Device(
          name: $0.device.name, sizeBytes: $0.device.size,
          storedBytes: $0.storedBlocks * UInt64(Layout.blockSize), digest: $0.digest?.description)
      },
      memory: result.memoryLength.map { Written.Memory(lengthBytes: $0) }, leavesOutputAlone: toOutput)
  }
}
