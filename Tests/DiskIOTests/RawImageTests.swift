import DiskIO
import Foundation
import SystemPackage
import TestSupport
import Testing

@Suite("Raw images")
struct RawImageTests {
  let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  @Test("data and holes are told apart, and together they are the file")
  func holes() throws {
    var disk = TestDisk(size: 1 << 20)
    disk.fill(0..<4096)
    disk.fill(524_288..<655_360)
    let path = directory.file("disk.raw")
    try disk.write(to: path)
    let image = try RawImage(path: path)
    #expect(
      try runs(of: image) == [
        DiskExtent(offset: 0, length: 4096, isData: true),
        DiskExtent(offset: 4096, length: 520_192, isData: false),
        DiskExtent(offset: 524_288, length: 131_072, isData: true),
        DiskExtent(offset: 655_360, length: 393_216, isData: false),
      ])
    #expect(try contents(of: image) == disk.bytes)
    // A run asked for from its middle begins there.
    #expect(try image.extent(at: 600_000) == DiskExtent(offset: 600_000, length: 55_360, isData: true))
  }

  @Test("an odd size is rounded up to 512 bytes of zeros", arguments: [1, 511, 513, 4097, 70_000])
  func oddSizes(size: Int) throws {
    let path = directory.file("odd.raw")
    let disk = TestDisk.random(size: size)
    try disk.write(to: path)
    let image = try RawImage(path: path)
    let rounded = (size + 511) / 512 * 512
    #expect(image.size == UInt64(rounded))
    #expect(try contents(of: image) == disk.bytes + [UInt8](repeating: 0, count: rounded - size))
  }

  @Test("the rounding of a file that ends in a hole belongs to the hole")
  func oddHole() throws {
    let path = directory.file("hole.raw")
    try TestDisk(size: 100_001).write(to: path)
    let image = try RawImage(path: path)
    #expect(try runs(of: image) == [DiskExtent(offset: 0, length: 100_352, isData: false)])
  }

  @Test("a file that shrinks while it is read is an error, in its data and in its holes")
  func shrinks() throws {
    let path = directory.file("shrinking.raw")
    try TestDisk.random(size: 1 << 20).write(to: path)
    let image = try RawImage(path: path)
    #expect(truncate(path, 8192) == 0)
    #expect(throws: DiskIOError.shrank(path: path, offset: 8192, size: 1 << 20)) {
      var buffer = [UInt8](repeating: 0, count: 65536)
      try buffer.withUnsafeMutableBytes { try image.read(into: $0, at: 0) }
    }
    #expect(throws: DiskIOError.shrank(path: path, offset: 65536, size: 1 << 20)) {
      try image.extent(at: 65536)
    }
  }

  @Test("a file that grows keeps the size it had")
  func grows() throws {
    let path = directory.file("growing.raw")
    let disk = TestDisk.random(size: 8192)
    try disk.write(to: path)
    let image = try RawImage(path: path)
    #expect(truncate(path, 1 << 20) == 0)
    #expect(image.size == 8192)
    #expect(try contents(of: image) == disk.bytes)
  }

  @Test("what is no disk is refused by what it is")
  func notADisk() throws {
    #expect(throws: DiskIOError.notADisk(path: directory.path, kind: "a directory")) {
      try RawImage(path: directory.path)
    }
    let pipe = directory.file("pipe")
    #expect(mkfifo(pipe, 0o600) == 0)
    #expect(throws: DiskIOError.notADisk(path: pipe, kind: "a named pipe")) { try RawImage(path: pipe) }
    #expect(throws: DiskIOError.notADisk(path: "/dev/null", kind: "a character device")) {
      try RawImage(path: "/dev/null")
    }
  }

  @Test("a missing and an empty file are refused in a sentence")
  func missing() throws {
    let path = directory.file("none.raw")
    let error = #expect(throws: DiskIOError.self) { try RawImage(path: path) }
    #expect(error?.description == "cannot open '\(path)': No such file or directory")
    try TestDisk(size: 0).write(to: path)
    #expect(throws: DiskIOError.empty(path: path)) { try RawImage(path: path) }
  }

  @Test("an image that a QEMU process writes to is refused, and taken once it is free")
  func inUse() throws {
    let path = directory.file("busy.raw")
    try TestDisk.random(size: 65536).write(to: path)
    let writer = try QemuWriter(image: path, in: directory)
    #expect(throws: DiskIOError.inUse(path: path)) { try RawImage(path: path) }
    writer.end()
    _ = try RawImage(path: path)
  }

  @Test("a range outside of the disk is refused")
  func outside() throws {
    let path = directory.file("small.raw")
    try TestDisk.random(size: 4096).write(to: path)
    let image = try RawImage(path: path)
    #expect(throws: DiskIOError.outOfRange(path: path, offset: 4096, count: 1, size: 4096)) {
      try image.extent(at: 4096)
    }
    #expect(throws: DiskIOError.outOfRange(path: path, offset: .max, count: 2, size: 4096)) {
      var buffer: [UInt8] = [0, 0]
      try buffer.withUnsafeMutableBytes { try image.read(into: $0, at: .max) }
    }
  }
}

/// A qemu-nbd that has an image open for writing, as a running guest would.
struct QemuWriter {
  private let server: BackgroundProcess

  init(image: String, format: String = "raw", in directory: TemporaryDirectory) throws {
    let socket = directory.file("writer.sock")
    server = try BackgroundProcess(["qemu-nbd", "-f", format, "-t", "-k", socket, image])
    try waitForSocket(socket, of: server)
  }

  func end() { server.end() }
}

/// Waits until a server listens on a socket, or has ended without.
func waitForSocket(_ socket: String, of server: BackgroundProcess) throws {
  while try run(["nbdinfo", "--size", "nbd+unix:///?socket=\(socket)"]).status != 0 {
    guard server.isRunning else {
      throw TestSupportError("the server on \(socket) ended before it listened")
    }
    usleep(10_000)
  }
}
