import DiskIO
import Foundation
import TestSupport
import Testing

@Suite("Raw images being written")
struct RawImageTargetTests {
  let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  private func write(_ bytes: [UInt8], at offset: UInt64, to target: any DiskTarget) throws {
    try bytes.withUnsafeBytes { try target.write($0, at: offset) }
  }

  @Test("a new image is as long as told, and sparse where nothing was written")
  func sparse() throws {
    let path = directory.file("new.raw")
    let partial = try PartialFile(path: path)
    let target = try DiskImage.create(partial, format: .raw, size: 1 << 30)
    let data = TestDisk.random(size: 8192).bytes
    try write(data, at: 1 << 20, to: target)
    try target.writeZeroes(1 << 20, at: 0)
    try target.finish()
    try partial.complete()
    let image = try RawImage(path: path)
    #expect(image.size == 1 << 30)
    #expect(try runs(of: image).filter(\.isData) == [DiskExtent(offset: 1 << 20, length: 8192, isData: true)])
  }

  @Test(
    "storage that is wanted at once is taken at once, and full images write their zeros too",
    arguments: [Preallocation.off, .falloc, .full])
  func preallocated(preallocation: Preallocation) throws {
    for format in [ImageFormat.raw, try ImageFormat("qcow2")] {
      let partial = try PartialFile(path: directory.file("new.\(format)"))
      let target = try DiskImage.create(
        partial, format: format, size: 8 << 20, preallocation: preallocation)
      var status = stat()
      #expect(stat(partial.temporaryPath, &status) == 0)
      #expect((status.st_blocks * 512 >= 8 << 20) == (preallocation != .off))
      let data = TestDisk.random(size: 8192).bytes
      try write(data, at: 1 << 20, to: target)
      try target.writeZeroes(1 << 20, at: 2 << 20)
      try target.finish()
      guard format == .raw else { continue }
      #expect(stat(partial.temporaryPath, &status) == 0 && status.st_size == 8 << 20)
      #expect((status.st_blocks * 512 >= 8 << 20) == (preallocation != .off))
      var disk = TestDisk(size: 8 << 20)
      disk.bytes.replaceSubrange(1 << 20..<(1 << 20) + 8192, with: data)
      #expect(try TestDisk.contents(of: partial.temporaryPath) == disk.bytes)
    }
  }

  @Test("storage that is not there is told before anything is written, and no file stays")
  func noRoom() throws {
    // A file system in memory that says at once that it has no 64 TiB.
    let path = "/dev/shm/snapsh-no-room-\(getpid())"
    for preallocation in [Preallocation.falloc, .full] {
      #expect(
        throws: DiskIOError.system(
          operation: "reserve \(1 << 46) bytes for", path: path, errno: .noSpace, offset: nil)
      ) {
        let partial = try PartialFile(path: path, temporaryPath: path + ".partial")
        _ = try DiskImage.create(partial, format: .raw, size: 1 << 46, preallocation: preallocation)
      }
      for name in [path, path + ".partial"] { #expect(!FileManager.default.fileExists(atPath: name)) }
    }
  }

  @Test("zeros written over an existing image are zeros there, whatever it held")
  func zeroesOverData() throws {
    let path = directory.file("old.raw")
    var disk = TestDisk.random(size: 3 << 20)
    try disk.write(to: path)
    let target = try DiskImage.openTarget(path: path, format: .raw, isKnownZero: false)
    try target.writeZeroes(1 << 20, at: 1 << 20)
    try target.finish()
    disk.bytes.replaceSubrange(1 << 20..<2 << 20, with: repeatElement(0, count: 1 << 20))
    #expect(try TestDisk.contents(of: path) == disk.bytes)
  }

  @Test("a write outside of the disk is refused")
  func outside() throws {
    let partial = try PartialFile(path: directory.file("new.raw"))
    let target = try DiskImage.create(partial, format: .raw, size: 4096)
    #expect(throws: DiskIOError.outOfRange(path: partial.path, offset: 4095, count: 2, size: 4096)) {
      try write([1, 2], at: 4095, to: target)
    }
  }

  @Test("an image that a QEMU process writes to is no target")
  func inUse() throws {
    let path = directory.file("busy.raw")
    try TestDisk.random(size: 65536).write(to: path)
    let writer = try QemuWriter(image: path, in: directory)
    #expect(throws: DiskIOError.inUse(path: path)) {
      try DiskImage.openTarget(path: path, format: .raw, isKnownZero: false)
    }
    writer.end()
  }
}
