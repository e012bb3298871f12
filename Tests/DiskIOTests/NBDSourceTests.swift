import DiskIO
import Foundation
import SystemPackage
import TestSupport
import Testing

@Suite("NBD exports as disks")
struct NBDSourceTests {
  let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  /// nbdkit serving one export on a socket, ended with the value.
  private struct NBDKit {
    let server: BackgroundProcess
    let uri: String

    init(_ directory: TemporaryDirectory, _ words: [String]) throws {
      let socket = directory.file("nbdkit.sock")
      uri = "nbd+unix:///?socket=\(socket)"
      server = try BackgroundProcess(["nbdkit", "-f", "-U", socket] + words)
      try waitForSocket(socket, of: server)
    }
  }

  @Test("data, holes and an odd size are what the server says")
  func reads() throws {
    let kit = try NBDKit(directory, ["data", "@0x100000 1*5000 @0x300000 2*100", "size=3145829"])
    let source = try NBDSource(uri: kit.uri)
    #expect(source.size == 0x300200)
    var expected = TestDisk(size: 0x300200).bytes
    expected.replaceSubrange(0x100000..<0x100000 + 5000, with: repeatElement(1, count: 5000))
    expected.replaceSubrange(0x300000..<0x300000 + 100, with: repeatElement(2, count: 100))
    #expect(try contents(of: source) == expected)
    #expect(try runs(of: source).first?.isData == false)
  }

  @Test("a server that tells no holes is read from end to end")
  func noBlockStatus() throws {
    let kit = try NBDKit(directory, ["--no-sr", "memory", "3M"])
    let source = try NBDSource(uri: kit.uri)
    #expect(try runs(of: source) == [DiskExtent(offset: 0, length: 3 << 20, isData: true)])
    #expect(try contents(of: source) == TestDisk(size: 3 << 20).bytes)
  }

  @Test("an error of the server carries its errno and the place")
  func serverError() throws {
    let kit = try NBDKit(
      directory, ["--filter=error", "memory", "64M", "error-pread=EIO", "error-pread-rate=100%"])
    let source = try NBDSource(uri: kit.uri)
    var buffer = [UInt8](repeating: 0, count: 8 << 20)
    let error = #expect(throws: DiskIOError.self) {
      try buffer.withUnsafeMutableBytes { try source.read(into: $0, at: 1 << 20) }
    }
    guard case .nbd("read", kit.uri, _, .ioError, 0x100000) = error else {
      Issue.record("unexpected: \(String(describing: error))")
      return
    }
  }

  @Test("a server that dies while it is read is an error, not a wait")
  func serverDies() throws {
    let kit = try NBDKit(directory, ["memory", "64M"])
    let source = try NBDSource(uri: kit.uri)
    kit.server.end()
    var buffer = [UInt8](repeating: 0, count: 8 << 20)
    #expect(throws: DiskIOError.self) {
      try buffer.withUnsafeMutableBytes { try source.read(into: $0, at: 0) }
    }
  }

  @Test("a connection that is hung up on another thread fails what waits for it, and what comes later")
  func hangsUp() throws {
    let kit = try NBDKit(directory, ["--filter=delay", "memory", "64M", "rdelay=600"])
    let source = try NBDSource(uri: kit.uri)
    let thread = Thread {
      // Before or after the first request goes out: both fail.
      source.hangUp()
    }
    thread.start()
    for offset in [UInt64(0), 32 << 20] {
      var buffer = [UInt8](repeating: 0, count: 8 << 20)
      #expect(throws: DiskIOError.self) {
        try buffer.withUnsafeMutableBytes { try source.read(into: $0, at: offset) }
      }
    }
  }

  @Test("a server that is not there is told with its address")
  func nobody() {
    let uri = "nbd+unix:///?socket=\(directory.file("none.sock"))"
    let error = #expect(throws: DiskIOError.self) { try NBDSource(uri: uri) }
    #expect(error?.description == "cannot connect to '\(uri)': connect: No such file or directory")
  }

  @Test("requests keep to the largest size that the server takes")
  func blockSizes() throws {
    let kit = try NBDKit(
      directory,
      [
        "--filter=blocksize-policy", "pattern", "16M", "blocksize-minimum=512", "blocksize-preferred=4096",
        "blocksize-maximum=65536", "blocksize-error-policy=error",
      ])
    let source = try NBDSource(uri: kit.uri)
    let bytes = try contents(of: source)
    // The pattern plugin gives each 8 bytes their own offset, big-endian.
    for index in stride(from: 0, to: bytes.count, by: 4096) {
      let word = bytes[index..<index + 8].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
      #expect(word == UInt64(index))
    }
  }
}
