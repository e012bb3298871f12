import Compression
import DiskIO
import Foundation
import Operations
import TestSupport
import Testing
import VMA

@Suite("Compressed archives")
struct CompressedArchiveTests {
  let fixture: ArchiveFixture

  init() throws { fixture = try ArchiveFixture() }

  private func create(
    _ devices: [ArchiveContents.Device], name: String = "test.vma.zst",
    compression: CompressionSetting? = CompressionSetting(level: 1, threads: 2),
    identity: ArchiveIdentity = .fresh
  ) throws -> ArchiveSummary {
    try ArchiveCreation(
      ArchiveContents(configs: [], devices: devices), identity: identity, compression: compression,
      progress: nil, cancellation: fixture.cancellation
    ).run(to: .path(fixture.directory.file(name)))
  }

  private func zstd(_ arguments: String...) throws {
    try run([try require(tool: "zstd"), "-q"] + arguments).check()
  }

  @Test("come back byte for byte, and the file is as long as the summary says")
  func roundTrip() throws {
    var disk = TestDisk(size: 9 << 20)
    disk.fill(65536..<3 << 20)
    let summary = try create([fixture.device("drive-a", disk)])
    let path = fixture.directory.file("test.vma.zst")
    let size = try #require(try FileManager.default.attributesOfItem(atPath: path)[.size] as? UInt64)
    #expect(summary.storedLength == size)
    let archive = try fixture.open(path)
    #expect(archive.compression == .zstd)
    #expect(try archive.read(progress: nil).proof == .content)
    _ = try fixture.extract(path)
    #expect(try TestDisk.contents(of: fixture.directory.file("out/disk-drive-a.raw")) == disk.bytes)
  }

  @Test("are what zstd makes of the plain archive, whatever they are called")
  func foreign() throws {
    let disk = try fixture.device("drive-a", TestDisk.random(size: 300_032))
    let identity = ArchiveIdentity(isReproducible: true)
    let plain = try create([disk], name: "plain.vma", compression: nil, identity: identity)
    #expect(plain.storedLength == nil)
    _ = try create([disk], identity: identity)
    try zstd("-d", fixture.directory.file("test.vma.zst"), "-o", fixture.directory.file("again.vma"))
    try run(["cmp", fixture.directory.file("plain.vma"), fixture.directory.file("again.vma")]).check()
    try zstd("-3", fixture.directory.file("plain.vma"), "-o", fixture.directory.file("unnamed"))
    #expect(OpenArchive.begins(at: fixture.directory.file("unnamed")))
    #expect(try fixture.open(fixture.directory.file("unnamed")).read(progress: nil).proof == .content)
  }

  @Test("leave nothing behind when a disk fails")
  func failingDisk() throws {
    let disk = MadeUpDisk(size: 32 << 20, failingFrom: 20 << 20)
    #expect(throws: (any Error).self) { try create([ArchiveContents.Device(disk: "drive-a", disk)]) }
    #expect(fixture.entries.isEmpty)
  }

  @Test("are not made where there is no room")
  func full() throws {
    let contents = ArchiveContents(
      configs: [], devices: [ArchiveContents.Device(disk: "drive-a", MadeUpDisk(size: 32 << 20))])
    let error = #expect(throws: ArchiveOperationError.self) {
      try ArchiveCreation(
        contents, compression: CompressionSetting(level: 1), progress: nil, cancellation: fixture.cancellation
      ).run(to: .path("/dev/full"))
    }
    guard case .archive("/dev/full", let cause) = error, cause.reason == .writeFailed(.noSpace) else {
      Issue.record("unexpected: \(String(describing: error))")
      return
    }
  }

  @Test("cut off anywhere, or with a changed byte, are never taken for whole", arguments: [20, 5000, -1, -5])
  func damaged(length: Int) throws {
    let device = try fixture.device("drive-a", TestDisk.random(size: 1 << 20))
    _ = try create([device])
    let bytes = try TestDisk.contents(of: fixture.directory.file("test.vma.zst"))
    let cut = bytes.prefix(length > 0 ? length : bytes.count + length)
    let path = try fixture.directory.write(Array(cut), to: "cut.zst")
    let error = #expect(throws: ArchiveOperationError.self) {
      try fixture.open(path).read(progress: nil)
    }
    #expect(error == .compression(path: path, .truncated(offset: UInt64(cut.count))))

    var changed = bytes
    changed[bytes.count / 2] ^= 1
    let other = try fixture.directory.write(changed, to: "changed.zst")
    #expect(throws: ArchiveOperationError.self) { try fixture.open(other).read(progress: nil) }
  }

  @Test("with something else behind the frames are refused")
  func garbage() throws {
    _ = try create([fixture.device("drive-a", TestDisk.random(size: 65536))])
    let bytes = try TestDisk.contents(of: fixture.directory.file("test.vma.zst")) + Array("garbage".utf8)
    let path = try fixture.directory.write(bytes, to: "garbage.zst")
    let error = #expect(throws: ArchiveOperationError.self) { try fixture.open(path).read(progress: nil) }
    #expect(error == .compression(path: path, .trailingGarbage(offset: UInt64(bytes.count))))
  }

  @Test("that are none are told by what they are: zstd or gzip of something else, half a file, xz")
  func noArchive() throws {
    let other = try fixture.directory.write([UInt8](repeating: 65, count: 20_000), to: "text")
    try zstd(other, "-o", fixture.directory.file("text.vma.zst"))
    let path = fixture.directory.file("text.vma.zst")
    #expect(throws: ArchiveOperationError.notAnArchiveInside(path: path, .zstd)) { try fixture.open(path) }
    let gzip = try compress(other, with: "gzip")
    #expect(throws: ArchiveOperationError.notAnArchiveInside(path: gzip, .gzip)) { try fixture.open(gzip) }

    let cut = try fixture.directory.write([0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 0], to: "a.vma.gz")
    #expect(throws: ArchiveOperationError.self) { try fixture.open(cut) }
    let xz = try fixture.directory.write([0xFD, 0x37, 0x7A, 0x58, 0x5A, 0, 0, 0], to: "a.vma.xz")
    let error = #expect(throws: ArchiveOperationError.self) { try fixture.open(xz) }
    #expect(error == .compression(path: xz, .unsupported(.xz)))
    #expect(error?.description.contains("xz -dc") == true)
  }

  /// Compresses a file with a program, and returns the path of what came out.
  private func compress(_ path: String, with program: String) throws -> String {
    let packed = path + "." + program
    try run(["sh", "-c", "\(try require(tool: program)) -c '\(path)' >'\(packed)'"]).check()
    return packed
  }

  @Test("of gzip and bzip2 are read through these programs", arguments: ["gzip", "bzip2"])
  func programs(program: String) throws {
    var disk = TestDisk(size: 5 << 20)
    disk.fill(0..<1 << 20)
    disk.fill(3 << 20..<5 << 20, seed: 2)
    let plain = try fixture.create([fixture.device("drive-a", disk)])
    let packed = try compress(plain, with: program)
    let archive = try fixture.open(packed)
    #expect(archive.compression?.rawValue == program)
    #expect(OpenArchive.begins(at: packed))
    #expect(try archive.read(progress: nil).proof == .content)
    _ = try fixture.extract(packed)
    #expect(try TestDisk.contents(of: fixture.directory.file("out/disk-drive-a.raw")) == disk.bytes)

    // The header alone, as 'vma list' does, leaves no process and no thread behind that would hold the test up.
    #expect(try fixture.open(packed).header.devices.count == 1)

    let bytes = try TestDisk.contents(of: packed)
    let cut = try fixture.directory.write(Array(bytes.prefix(bytes.count / 2)), to: "cut")
    let error = #expect(throws: ArchiveOperationError.self) { try fixture.open(cut).read(progress: nil) }
    guard case .compression(cut, .programFailed(let format, let reason)) = error else {
      Issue.record("unexpected: \(String(describing: error))")
      return
    }
    #expect(format.rawValue == program)
    #expect(!reason.isEmpty)

    var changed = bytes
    changed[bytes.count / 2] ^= 1
    let other = try fixture.directory.write(changed, to: "changed")
    #expect(throws: ArchiveOperationError.self) { try fixture.open(other).read(progress: nil) }
  }

  @Test("that come through a pipe which brings nothing more let go of it when they are given up")
  func stalledPipe() throws {
    let plain = try fixture.create([fixture.device("drive-a", TestDisk.random(size: 1 << 20))])
    let packed = try compress(plain, with: "gzip")
    let pipe = fixture.directory.file("pipe")
    #expect(mkfifo(pipe, 0o600) == 0)
    // Open for reading too, so that the pipe has an end that never comes.
    let writer = open(pipe, O_RDWR)
    defer { close(writer) }
    let bytes = try TestDisk.contents(of: packed)
    // As much as a pipe takes at once.
    #expect(write(writer, Array(bytes.prefix(60_000)), 60_000) == 60_000)
    let cancellation = fixture.cancellation
    Thread.detachNewThread { cancellation.cancel() }
    #expect(throws: CancelledError.self) { try fixture.open(pipe).read(progress: nil) }
  }
}

@Suite("Archives with a fixed identity")
struct ArchiveIdentityTests {
  let fixture: ArchiveFixture

  init() throws { fixture = try ArchiveFixture() }

  private func create(
    _ name: String, _ identity: ArchiveIdentity, content: UInt64 = 1, config: String = "a",
    compression: CompressionSetting? = nil
  ) throws -> [UInt8] {
    var disk = TestDisk(size: 5 << 20)
    disk.fill(65536..<1 << 20, seed: content)
    disk.fill(2 << 20..<4 << 20, seed: content + 1)
    let contents = ArchiveContents(
      configs: [ArchiveConfig(name: "c", data: Array(config.utf8))],
      devices: [try device("drive-a", name, disk), try device("drive-b", name, disk)])
    let path = fixture.directory.file(name)
    _ = try ArchiveCreation(
      contents, identity: identity, compression: compression, progress: nil,
      cancellation: fixture.cancellation
    ).run(to: .path(path))
    return try TestDisk.contents(of: path)
  }

  /// Disks of different archives stand in different files.
  private func device(_ device: String, _ archive: String, _ disk: TestDisk) throws -> ArchiveContents.Device
  {
    let path = fixture.directory.file("source-\(archive)-\(device)")
    try disk.write(to: path)
    return ArchiveContents.Device(disk: device, try RawImage(path: path))
  }

  @Test("the same input makes the same bytes, compressed with any number of threads or not")
  func reproducible() throws {
    let identity = ArchiveIdentity(isReproducible: true)
    #expect(try create("one", identity) == create("two", identity))
    let alone = try create("three", identity, compression: CompressionSetting(level: 2, threads: 1))
    #expect(
      try create("four", identity, compression: CompressionSetting(level: 2, threads: 3)) == alone)
    #expect(try create("five", .fresh) != create("six", .fresh))
  }

  @Test("other content leaves the UUID as it is, other configs do not")
  func derived() throws {
    let identity = ArchiveIdentity(isReproducible: true)
    _ = try create("one", identity)
    _ = try create("two", identity, content: 7)
    _ = try create("three", identity, config: "b")
    let uuids = try ["one", "two", "three"].map {
      try fixture.open(fixture.directory.file($0)).header.uuid.description
    }
    #expect(uuids[0] == uuids[1])
    #expect(uuids[0] != uuids[2])
    // RFC 9562, version 8 and variant.
    #expect(Array(uuids[0])[14] == "8")
    #expect("89ab".contains(Array(uuids[0])[19]))
  }

  @Test("UUID and time are as they were asked for, also of an archive that is else reproducible")
  func asked() throws {
    let uuid = try #require(ArchiveUUID("00112233-4455-6677-8899-aabbccddeeff"))
    _ = try create("one", ArchiveIdentity(uuid: uuid, creationTime: 1_700_000_000, isReproducible: true))
    let header = try fixture.open(fixture.directory.file("one")).header
    #expect(header.uuid == uuid)
    #expect(header.creationTime == 1_700_000_000)
  }

  @Test("devices follow one another, each with its clusters in ascending order")
  func order() throws {
    _ = try create("one", .fresh)
    var places: [(UInt8, UInt64)] = []
    _ = try fixture.open(fixture.directory.file("one")).read(progress: nil) {
      places.append(($0.device.id, $0.offset))
    }
    #expect(places.count > 4)
    for (earlier, later) in zip(places, places.dropFirst()) { #expect(earlier < later) }
  }
}
