import DiskIO
import Foundation
import NBDServer
import Operations
import TestSupport
import VMA

/// An archive that is received in this process, while a test plays the clients.
struct ReceptionFixture {
  let fixture: ArchiveFixture
  var request = ArchiveReception.Request()

  /// Drives named a, b, … of these sizes, all at one socket.
  init(_ sizes: Int..., memory: Bool = false) throws {
    fixture = try ArchiveFixture()
    let socket = SocketAddress.unix(path: fixture.directory.file("nbd"))
    request.drives = zip("abcdefgh", sizes).map { .init(name: String($0), size: UInt64($1), address: socket) }
    if memory { request.memory = .unix(path: fixture.directory.file("memory")) }
    request.ending = .completeDrives(sizes.count)
    request.timeout = 60
    request.scratchDirectory = fixture.directory.path
  }

  /// Receives what `clients` send.
  @discardableResult
  func run(to destination: ArchiveDestination? = nil, _ clients: () throws -> Void) throws
    -> ArchiveReception.Result
  {
    let reception = ArchiveReception(
      request, progress: nil, log: nil, cancellation: fixture.cancellation)
    return try reception.run(to: destination ?? .path(path), ready: clients)
  }

  /// The archive.
  var path: String { fixture.directory.file("test.vma") }

  func client(_ name: String) throws -> LibNBDClient {
    try LibNBDClient(fixture.directory.file("nbd"), name)
  }

  func uri(_ name: String) -> String { "nbd+unix:///\(name)?socket=\(fixture.directory.file("nbd"))" }

  /// The bytes of a drive, out of the verified archive.
  func contents(_ name: String) throws -> [UInt8] {
    let out = fixture.directory.file("out")
    if !FileManager.default.fileExists(atPath: out) { _ = try fixture.extract(path) }
    return try TestDisk.contents(of: "\(out)/disk-\(name).raw")
  }

  /// Whether neither an archive nor a socket nor a spill file is left.
  var leftNothing: Bool { fixture.entries.isEmpty }

  /// Sends bytes to the memory socket, and hangs up.
  func sendMemory(_ bytes: [UInt8]) throws {
    let file = try fixture.directory.write(bytes, to: "source-memory")
    let script = """
      import socket, sys
      s = socket.socket(socket.AF_UNIX)
      s.connect(sys.argv[1])
      s.sendall(open(sys.argv[2], 'rb').read())
      """
    try TestSupport.run(["python3", "-c", script, fixture.directory.file("memory"), file]).check()
  }

  /// A migration stream of so many bytes and a few more.
  static func memoryStream(_ length: Int) -> [UInt8] {
    let description = Array("{\"devices\": []}".utf8)
    var bytes: [UInt8] = [0x51, 0x45, 0x56, 0x4d, 0, 0, 0, 3, 7]
    bytes += TestDisk.random(size: length, seed: 5).bytes
    bytes += [0, 6, 0, 0, 0, UInt8(description.count)]
    return bytes + description
  }
}
