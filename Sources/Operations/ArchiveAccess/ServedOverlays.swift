import DiskIO
import FoundationEssentials
import Glibc
import NBDServer
import Synchronization
import SystemPackage
import VMA

/// qcow2 overlays above an archive's exports, served writable by QEMU's own `qemu-storage-daemon`.
final class ServedOverlays: Sendable {
  /// Where clients connect.
  let address: SocketAddress

  private let daemon: TetheredProcess
  /// QEMU would remove whatever stands where it is to listen, so it gets a socket that listens already.
  private let socket: ListeningSocket
  private let hasStopped = Atomic<Bool>(false)

  /// Makes the overlays, or opens the one that is kept, and serves them.
  ///
  /// - Parameters:
  ///   - server: serves the archive's devices read-only at a Unix socket.
  ///   - archive: the archive, whose contents a kept overlay remembers: above any others it would be nonsense.
  ///   - file: an overlay to keep; nil for overlays that are thrown away.
  ///   - directory: takes those, and the daemon's note of its process id.
  ///   - address: where clients connect.
  /// - Throws: ``ArchiveOperationError``, `DiskIOError`, `NBDServerError` for an address where something else stands.
  init(
    above server: ArchiveServer, archive: IndexedArchive, keeping file: String?, in directory: String,
    at address: SocketAddress
  ) throws {
    guard file == nil || server.exports.count == 1 else {
      throw ArchiveOperationError.overlayOfSeveral(devices: server.exports.map(\.device))
    }
    guard case .unix(let archiveSocket) = server.address else {
      throw ArchiveOperationError.nothingToServe(path: "\(server.address)")
    }
    let listener = try ListeningSocket(address)
    self.socket = listener
    self.address = listener.address
    let note = "\(directory)/qsd.pid"
    var arguments = [
      "--pidfile", note,
      "--nbd-server",
      Self.json([
        "addr": .object(["type": .text("fd"), "str": .text("\(listener.descriptor)")]),
        "max-connections": .number(64),
      ]),
    ]
    for (index, export) in server.exports.enumerated() {
      let overlay = try Self.overlay(
        of: export, archive: archive, at: file ?? "\(directory)/overlay\(index).qcow2", isKept: file != nil)
      arguments += [
        "--blockdev",
        Self.json([
          "driver": .text("nbd"), "node-name": .text("archive\(index)"), "read-only": .truth(true),
          "export": .text(export.device),
          "server": .object(["type": .text("unix"), "path": .text(archiveSocket)]),
        ]),
        "--blockdev",
        Self.json([
          "driver": .text("qcow2"), "node-name": .text("overlay\(index)"),
          "backing": .text("archive\(index)"),
          "file": .object(["driver": .text("file"), "filename": .text(overlay)]),
        ]),
        "--export",
        Self.json([
          "type": .text("nbd"), "id": .text("export\(index)"), "node-name": .text("overlay\(index)"),
          "name": .text(export.device), "writable": .truth(true),
        ]),
      ]
    }
    let daemon = try TetheredProcess(
      "qemu-storage-daemon", package: "qemu-system-common", arguments, handing: listener.descriptor)
    self.daemon = daemon
    // QEMU writes it when all is set up, before it accepts anybody.
    while !FileManager.default.fileExists(atPath: note) {
      if let reason = daemon.reason {
        throw DiskIOError.toolFailed(tool: "qemu-storage-daemon", reason: reason)
      }
      usleep(2000)
    }
  }

  deinit { stop() }

  /// Whether the daemon runs.
  var isAlive: Bool { daemon.isAlive }

  /// Ends the daemon, which writes what it holds back first, and waits for that.
  func stop() {
    guard !hasStopped.exchange(true, ordering: .acquiringAndReleasing) else { return }
    daemon.stop()
    socket.stop()
  }

  /// The overlay of an export: the one that is kept from before, or a new one.
  private static func overlay(
    of export: ArchiveServer.Export, archive: IndexedArchive, at path: String, isKept: Bool
  ) throws -> String {
    let path = path.hasPrefix("/") ? path : FileManager.default.currentDirectoryPath + "/" + path
    // Never opened by this name: QEMU is told where the archive is served each time.
    let mark = try archive.contentMark(ofDevice: archive.position(of: export.device))
    let backing = "nbd+unix:///\(export.device)?socket=vma-\(mark)"
    var status = stat()
    if isKept, lstat(path, &status) == 0 {
      let information = try QemuImage.information(path: path, format: ImageFormat("qcow2"))
      guard information.backingFile == backing, information.virtualSize == roundedUp(export.size) else {
        throw ArchiveOperationError.overlayOfOther(path: path, device: export.device)
      }
      return path
    }
    try QemuImage.createOverlay(at: path, size: roundedUp(export.size), recordedBacking: backing)
    return path
  }

  /// QEMU's disks are whole sectors.
  private static func roundedUp(_ size: UInt64) -> UInt64 { (size + 511) / 512 * 512 }

  // MARK: - QEMU's options, as JSON because commas in names mean something elsewhere

  private indirect enum JSON: Encodable {
    case text(String)
    case truth(Bool)
    case number(Int)
    case object([String: JSON])

    func encode(to encoder: any Encoder) throws {
      var container = encoder.singleValueContainer()
      switch self {
      case .text(let text): try container.encode(text)
      case .truth(let truth): try container.encode(truth)
      case .number(let number): try container.encode(number)
      case .object(let members): try container.encode(members)
      }
    }
  }

  private static func json(_ members: [String: JSON]) -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return (try? encoder.encode(members)).map { String(decoding: $0, as: UTF8.self) } ?? "{}"
  }
}
