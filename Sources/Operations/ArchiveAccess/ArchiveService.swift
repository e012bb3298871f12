import DiskIO
import Glibc
import NBDServer

/// An archive's devices served to whoever comes, perhaps with overlays above them that take what clients write.
public final class ArchiveService: Sendable {
  /// What becomes of what clients write.
  public enum Writes: Equatable, Sendable {
    /// It is refused.
    case refused
    /// It goes into a qcow2 overlay: the file named here, of one device, or else one that is thrown away at the end.
    case overlay(String?)
  }

  /// What is served.
  public let exports: [ArchiveServer.Export]

  private let server: ArchiveServer
  private let overlays: ServedOverlays?
  private let directory: PrivateDirectory?

  /// Begins to serve.
  ///
  /// - Parameters:
  ///   - archive: the archive.
  ///   - devices: names of the devices; nil for all.
  ///   - address: where; nil for a socket in a directory of its own, which goes with the service.
  ///   - writes: what becomes of what clients write.
  ///   - log: told of data that cannot be read, and of clients that break the protocol.
  /// - Throws: ``ArchiveOperationError``, `NBDServerError`, `DiskIOError`.
  public init(
    _ archive: IndexedArchive, devices: [String]?, at address: SocketAddress?, writes: Writes,
    log: @escaping @Sendable (String) -> Void
  ) throws {
    let needsDirectory = address == nil || writes != .refused
    let directory = needsDirectory ? try PrivateDirectory() : nil
    self.directory = directory
    let own = directory.map { SocketAddress.unix(path: $0.path + "/nbd.sock") }
    guard case .overlay(let file) = writes, let directory else {
      guard let place = address ?? own else { throw ArchiveOperationError.nothingToServe(path: archive.path) }
      server = try ArchiveServer(archive, devices: devices, at: place, log: log)
      overlays = nil
      exports = server.exports
      return
    }
    let server = try ArchiveServer(
      archive, devices: devices, at: .unix(path: directory.path + "/archive.sock"), log: log)
    self.server = server
    let overlays = try ServedOverlays(
      above: server, archive: archive, keeping: file, in: directory.path,
      at: address ?? .unix(path: directory.path + "/nbd.sock"))
    self.overlays = overlays
    exports = server.exports.map { export in
      ArchiveServer.Export(
        device: export.device, size: export.size, uri: overlays.address.uri(ofExport: export.device))
    }
  }

  /// Whether clients can be served: false once QEMU's part has ended by itself.
  public var isAlive: Bool { overlays?.isAlive ?? true }

  /// Ends the service; what clients wrote is in the overlay when this returns.
  public func stop() {
    overlays?.stop()
    server.stop()
  }
}

/// A directory that nobody else can enter, removed with all that is in it.
final class PrivateDirectory: Sendable {
  let path: String

  /// Makes one, in `TMPDIR` or else `/tmp`. The corresponding C function is `mkdtemp`.
  init() throws {
    let base = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
    var template = Array("\(base)/snapsh-serve-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else {
      throw ArchiveOperationError.file(
        operation: "make a directory in", path: base, errno: .init(rawValue: errno))
    }
    path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  deinit { Self.remove(path) }

  /// Removes such a directory, also one that another process has left.
  static func remove(_ path: String) {
    for name in (try? DirectoryListing.names(in: path)) ?? [] { unlink("\(path)/\(name)") }
    rmdir(path)
  }
}
