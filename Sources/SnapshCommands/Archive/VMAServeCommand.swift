import CommandGrammar
import Glibc
import NBDServer
import Operations
import VMA

/// `vma serve ARCHIVE [--socket PATH | --port N]`: an archive's devices as disks that NBD clients read.
struct VMAServeCommand: Command {
  private static let file = Option.required(
    "filename", completes: .file, help: "archive that is not compressed")
  private static let devices = Option.repeated(
    "device", namedOnly: true, help: "device to serve (default all of them)")
  private static let socket = Option.text(
    "socket", namedOnly: true, completes: .file,
    help: "Unix socket to listen at (default one in a directory of its own)")
  private static let port = Option.number("port", namedOnly: true, help: "TCP port to listen at, 0 for any")
  private static let bind = Option.text(
    "bind", namedOnly: true, help: "with --port, address to listen at (default 127.0.0.1)")
  private static let writable = Option.flag(
    "writable", help: "let clients write, into an overlay and never into the archive")
  private static let overlay = Option.text(
    "overlay", namedOnly: true, completes: .file,
    help: "with --writable, qcow2 file that keeps what is written (default thrown away)")

  static let grammar = CommandGrammar(
    name: "vma serve", group: "archive", abstract: "serve an archive's devices as disks",
    discussion:
      "Serves each device as a read-only NBD export of its name, without extracting it: for qemu, for\n"
      + "'nbdfuse' and libguestfs, which fetch single files out of it, for 'nbdcopy'. Holes are told, and\n"
      + "data is compared with the archive's digests before it is handed out: what is damaged is an I/O\n"
      + "error and a line here, never wrong data. Prints each export's URI and then Ready; ends with Ctrl-C.\n"
      + "Whoever can reach the socket can read everything: it has no password and no encryption.\n"
      + "A compressed archive is one piece and must be unpacked first. --writable runs QEMU's\n"
      + "qemu-storage-daemon on overlays above the exports.",
    options: [file, devices, socket, port, bind, writable, overlay],
    examples: [
      ("snapsh vma serve vm.vma --socket /run/vm.sock", "Serve all devices at a socket."),
      (
        "snapsh vma serve vm.vma --device drive-scsi0 --port 10809 --writable",
        "Let a guest boot from an archive, and forget what it writes."
      ),
    ])

  private let path: String
  private let devices: [String]?
  private let address: SocketAddress?
  private let isWritable: Bool
  private let overlay: String?

  init(_ arguments: ParsedArguments) throws {
    path = try arguments[Self.file]
    var devices: [String] = []
    for device in try arguments[Self.devices] where !devices.contains(device) { devices.append(device) }
    self.devices = devices.isEmpty ? nil : devices
    let socket = try arguments[Self.socket]
    let port = try arguments[Self.port]
    let bind = try arguments[Self.bind]
    if socket != nil, port != nil { throw ArgumentError.mutuallyExclusive("--socket", "--port") }
    guard bind == nil || port != nil else { throw CommandFailure("--bind needs --port") }
    if let port {
      guard let number = UInt16(exactly: port) else { throw CommandFailure("\(port) is no TCP port") }
      address = .tcp(host: bind ?? SocketAddress.loopback, port: number)
    } else {
      address = socket.map { .unix(path: $0) }
    }
    isWritable = try arguments[Self.writable]
    overlay = try arguments[Self.overlay]
    guard overlay == nil || isWritable else { throw CommandFailure("--overlay needs --writable") }
  }

  /// An export as it is told.
  struct Export: Encodable {
    let device: String
    let sizeBytes: UInt64
    let uri: String
  }

  /// The line that says that clients may come.
  private struct ReadyLine: Encodable {
    let type = "ready"
    let exports: [Export]

    private enum CodingKeys: String, CodingKey { case type, exports }
  }

  /// What was served, once nobody is served any more.
  struct Served: CommandResult {
    let archive: String
    let exports: [Export]
    let overlay: String?

    func render(into text: inout TextOutput) {}
  }

  func run(in session: Session) throws -> any CommandResult {
    let cancellation = session.interruptible()
    let progress = session.jobProgress(label: "Index")
    let archive = try IndexedArchive(
      path: path, cancellation: cancellation, progress: TimedProgress(progress))
    progress.clear()
    if case .readInstead(_, let reason) = archive.origin { session.warn(reason, label: "warning: ") }
    if archive.index.header.integrity != .digests {
      session.warn(
        "'\(path)' carries no digests, so changed data is served as it is found", label: "warning: ")
    }
    let console = session.console
    let printsJSON = session.printsJSON
    let log: @Sendable (String) -> Void = { sentence in
      console.warn(sentence, label: "error: ", json: printsJSON)
    }
    let service = try ArchiveService(
      archive, devices: devices, at: address, writes: isWritable ? .overlay(overlay) : .refused, log: log)
    defer { service.stop() }
    let exports = service.exports.map { Export(device: $0.device, sizeBytes: $0.size, uri: $0.uri) }
    // Whoever started this waits for the line.
    if printsJSON {
      try console.print(JSONOutput.line(ReadyLine(exports: exports)))
    } else {
      try console.print(exports.map { "\($0.uri) \($0.sizeBytes)\n" }.joined() + "Ready\n")
    }
    while !cancellation.isCancelled, service.isAlive { usleep(100_000) }
    let isAlive = service.isAlive
    service.stop()
    guard isAlive else {
      throw CommandFailure("qemu-storage-daemon has ended; what clients wrote last may be lost")
    }
    return Served(archive: path, exports: exports, overlay: overlay)
  }
}
