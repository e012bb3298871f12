import DiskIO
import Foundation
import TestSupport
import Testing

@Suite("Images of other formats, through qemu-nbd")
struct QemuNBDTests {
  let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  /// A qcow2 with what `disk` holds.
  private func makeQcow2(_ name: String, _ disk: TestDisk) throws -> String {
    let raw = directory.file(name + ".source")
    try disk.write(to: raw)
    try run(["qemu-img", "convert", "-f", "raw", "-O", "qcow2", raw, directory.file(name)]).check()
    return directory.file(name)
  }

  @Test("a chain of qcow2 over qcow2 over raw reads as the guest sees it, holes and all")
  func chain() throws {
    var disk = TestDisk(size: 8 << 20)
    disk.fill(0..<1 << 20)
    let base = directory.file("base.raw")
    try disk.write(to: base)
    let middle = directory.file("middle.qcow2")
    let top = directory.file("top.qcow2")
    try run(["qemu-img", "create", "-f", "qcow2", "-b", base, "-F", "raw", middle]).check()
    try run(["qemu-img", "create", "-f", "qcow2", "-b", "middle.qcow2", "-F", "qcow2", top]).check()
    try run(["qemu-io", "-f", "qcow2", "-c", "write -P 0x5a 3M 64k", middle]).check()
    try run(["qemu-io", "-f", "qcow2", "-c", "write -z 512k 64k", top]).check()
    disk.bytes.replaceSubrange(3 << 20..<3 << 20 + 65536, with: repeatElement(0x5a, count: 65536))
    disk.bytes.replaceSubrange(1 << 19..<1 << 19 + 65536, with: repeatElement(0, count: 65536))

    let source = try DiskImage.open(path: top, format: .qcow2)
    #expect(source.size == 8 << 20)
    #expect(try contents(of: source) == disk.bytes)
    #expect(
      try runs(of: source) == [
        DiskExtent(offset: 0, length: 1 << 19, isData: true),
        DiskExtent(offset: 1 << 19, length: 65536, isData: false),
        DiskExtent(offset: 1 << 19 + 65536, length: 1 << 19 - 65536, isData: true),
        DiskExtent(offset: 1 << 20, length: 2 << 20, isData: false),
        DiskExtent(offset: 3 << 20, length: 65536, isData: true),
        DiskExtent(offset: 3 << 20 + 65536, length: 5 << 20 - 65536, isData: false),
      ])
  }

  @Test("a new qcow2 is written, found clean by qemu-img check, and reads back")
  func qcow2Target() throws {
    var disk = TestDisk(size: 10 << 20 + 12 << 10)
    disk.fill(0..<3_000_000)
    disk.fill(9 << 20..<disk.bytes.count, seed: 7)
    let path = directory.file("new.qcow2")
    let partial = try PartialFile(path: path)
    do {
      let target = try DiskImage.create(partial, format: .qcow2, size: UInt64(disk.bytes.count))
      try disk.bytes.withUnsafeBytes { bytes in
        for start in stride(from: 0, to: bytes.count, by: 700_001) {
          let end = min(start + 700_001, bytes.count)
          try target.write(UnsafeRawBufferPointer(rebasing: bytes[start..<end]), at: UInt64(start))
        }
      }
      try target.finish()
    }
    try partial.complete()
    try run(["qemu-img", "check", "-f", "qcow2", path]).check()
    #expect(try contents(of: DiskImage.open(path: path, format: .qcow2)) == disk.bytes)
  }

  @Test("zeros are written over data that an existing image holds")
  func zeroes() throws {
    var disk = TestDisk.random(size: 2 << 20)
    let path = try makeQcow2("old.qcow2", disk)
    do {
      let target = try DiskImage.openTarget(path: path, format: .qcow2, isKnownZero: false)
      try target.writeZeroes(1 << 20, at: 1 << 20)
      try target.finish()
    }
    disk.bytes.replaceSubrange(1 << 20..<2 << 20, with: repeatElement(0, count: 1 << 20))
    #expect(try contents(of: DiskImage.open(path: path, format: .qcow2)) == disk.bytes)
  }

  @Test(
    "a path is only ever a path, whatever QEMU would make of it",
    arguments: [
      #"json:{"driver":"null-co"}"#, "nbd:localhost:1", "-r", "--help", "a,b=c.qcow2", "fat:rw:x",
      "sp ace'\"$(x)",
    ])
  func strangeNames(name: String) throws {
    let disk = TestDisk.random(size: 65536)
    let made = try makeQcow2("plain.qcow2", disk)
    // Relative to the working directory of the test is where such a name would be dangerous.
    let folder = "snapsh-test-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try FileManager.default.moveItem(atPath: made, toPath: folder + "/" + name)
    #expect(try contents(of: DiskImage.open(path: folder + "/" + name, format: .qcow2)) == disk.bytes)
  }

  @Test("a name that looks like a protocol is looked for as a file in the working directory")
  func protocolName() {
    let name = #"json:{"driver":"null-co","size":65536}"#
    let error = #expect(throws: DiskIOError.self) { try DiskImage.open(path: name, format: .qcow2) }
    #expect(error?.description == "cannot open '\(name)': No such file or directory")
  }

  @Test("a raw disk that holds a qcow2 header stays raw")
  func noGuessing() throws {
    let path = try makeQcow2("looks-like.qcow2", TestDisk.random(size: 65536))
    let bytes = try TestDisk.contents(of: path)
    #expect(try contents(of: DiskImage.open(path: path, format: .raw)).prefix(bytes.count) == bytes[...])
  }

  @Test("an image that is not of its format, and a backing file that is gone, are told in QEMU's words")
  func reasons() throws {
    let raw = directory.file("not.qcow2")
    try TestDisk.random(size: 65536).write(to: raw)
    let wrong = #expect(throws: DiskIOError.self) { try DiskImage.open(path: raw, format: .qcow2) }
    #expect(
      wrong?.description.contains("Image is not in qcow2 format") == true, "\(String(describing: wrong))")

    let base = directory.file("gone.raw")
    try TestDisk.random(size: 65536).write(to: base)
    let top = directory.file("top.qcow2")
    try run(["qemu-img", "create", "-f", "qcow2", "-b", base, "-F", "raw", top]).check()
    try FileManager.default.removeItem(atPath: base)
    let gone = #expect(throws: DiskIOError.self) { try DiskImage.open(path: top, format: .qcow2) }
    #expect(gone?.description.contains("No such file or directory") == true, "\(String(describing: gone))")
    #expect(gone?.description.contains("gone.raw") == true, "\(String(describing: gone))")
  }

  @Test("a backing file without a recorded format is refused, at any depth")
  func backingFormat() throws {
    let base = directory.file("base.raw")
    try TestDisk.random(size: 65536).write(to: base)
    let middle = directory.file("middle.qcow2")
    let top = directory.file("top.qcow2")
    try run(["qemu-img", "create", "-f", "qcow2", "-b", base, "-F", "raw", middle]).check()
    try run(["qemu-img", "create", "-f", "qcow2", "-b", middle, "-F", "qcow2", top]).check()
    // Older tools left the format out; a header extension of an unknown type stands for one that is not there.
    var bytes = try TestDisk.contents(of: middle)
    let format = try #require((0..<4096).first { bytes[$0..<$0 + 4] == [0xe2, 0x79, 0x2a, 0xca] })
    bytes[format] = 0x12
    try Data(bytes).write(to: URL(fileURLWithPath: middle))
    let error = DiskIOError.backingFormatMissing(path: middle, backing: base)
    #expect(throws: error) { try DiskImage.open(path: top, format: .qcow2) }
  }

  @Test("an image that a running QEMU writes to is refused")
  func inUse() throws {
    let path = try makeQcow2("busy.qcow2", TestDisk.random(size: 65536))
    let writer = try QemuWriter(image: path, format: "qcow2", in: directory)
    #expect(throws: DiskIOError.inUse(path: path)) { try DiskImage.open(path: path, format: .qcow2) }
    writer.end()
  }

  @Test(
    "formats that are none are refused before anything is run",
    arguments: ["", "QCOW2", "nbd", "raw,x", "-h"])
  func formats(name: String) {
    #expect(throws: DiskIOError.unknownFormat(name)) { try ImageFormat(name) }
  }
}
