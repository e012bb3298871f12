import DiskIO
import Foundation
import Operations
import SystemPackage
import TestSupport
import Testing
import VMA

@Suite("Archives that cannot be made leave nothing behind")
struct ArchiveCreationFailureTests {
  let fixture: ArchiveFixture

  init() throws { fixture = try ArchiveFixture() }

  @Test("a disk that fails in its middle")
  func failingDisk() throws {
    let disk = MadeUpDisk(size: 32 << 20, failingFrom: 20 << 20)
    #expect(throws: DiskIOError.shrank(path: "made-up", offset: 20 << 20, size: 32 << 20)) {
      try fixture.create([ArchiveContents.Device(disk: "drive-a", disk)])
    }
    #expect(fixture.entries.isEmpty)
  }

  @Test("a file that is cut while the archive is being made")
  func shrinkingFile() throws {
    final class Scissors: ProgressReceiver {
      let path: String
      init(_ path: String) { self.path = path }
      func report(_ progress: OperationProgress) { truncate(path, 4096) }
    }
    let device = try fixture.device("drive-a", TestDisk.random(size: 12 << 20))
    let source = fixture.directory.file("source-drive-a.raw")
    let error = #expect(throws: DiskIOError.self) {
      try fixture.create([device], progress: Scissors(source))
    }
    guard case .shrank(source, _, 12 << 20) = error else {
      Issue.record("unexpected: \(String(describing: error))")
      return
    }
    #expect(fixture.entries.isEmpty)
  }

  @Test("a cancellation")
  func cancelled() throws {
    final class Impatience: ProgressReceiver {
      let cancellation: Cancellation
      init(_ cancellation: Cancellation) { self.cancellation = cancellation }
      func report(_ progress: OperationProgress) { cancellation.cancel() }
    }
    #expect(throws: CancelledError()) {
      try fixture.create(
        [ArchiveContents.Device(disk: "drive-a", MadeUpDisk(size: 64 << 20))],
        progress: Impatience(fixture.cancellation))
    }
    #expect(fixture.entries.isEmpty)
  }

  @Test("an output that is full")
  func full() throws {
    let contents = ArchiveContents(
      configs: [], devices: [ArchiveContents.Device(disk: "drive-a", MadeUpDisk(size: 32 << 20))])
    let error = #expect(throws: ArchiveOperationError.self) {
      _ = try ArchiveCreation(contents, progress: nil, cancellation: fixture.cancellation)
        .run(to: .path("/dev/full"))
    }
    guard case .archive("/dev/full", let cause) = error, cause.reason == .writeFailed(.noSpace) else {
      Issue.record("unexpected: \(String(describing: error))")
      return
    }
  }

  @Test("a name that is taken: what is there stays as it is")
  func taken() throws {
    let path = try fixture.directory.write(text: "precious", to: "test.vma")
    #expect(throws: DiskIOError.exists(path: path)) {
      try fixture.create([fixture.device("drive-a", TestDisk(size: 4096))])
    }
    #expect(fixture.entries == ["test.vma"])
    #expect(try TestDisk.contents(of: path) == Array("precious".utf8))
  }

  @Test("one name for two devices, a name with a path in it, and nothing at all")
  func names() throws {
    let device = try fixture.device("drive-a", TestDisk(size: 4096))
    let path = fixture.directory.file("test.vma")
    let twice = #expect(throws: ArchiveOperationError.self) { try fixture.create([device, device]) }
    #expect(
      twice?.description == "'\(path)': the device name 'drive-a' occurs twice, and names must be unique")
    let source = try RawImage(path: fixture.directory.file("source-drive-a.raw"))
    #expect(throws: ArchiveOperationError.self) {
      try fixture.create([ArchiveContents.Device(disk: "../a", source)])
    }
    #expect(throws: ArchiveOperationError.nothingToArchive) { try fixture.create([]) }
    #expect(fixture.entries.isEmpty)
  }

  @Test("configs that are missing, too large, or no file")
  func configs() throws {
    let large = try fixture.directory.write([UInt8](repeating: 32, count: 65536), to: "large.conf")
    #expect(throws: ArchiveOperationError.configTooLarge(path: large)) {
      try ArchiveContents.config(path: large)
    }
    let fits = try fixture.directory.write([UInt8](repeating: 32, count: 65535), to: "fits.conf")
    #expect(try ArchiveContents.config(path: fits).data.count == 65535)
    let missing = fixture.directory.file("none.conf")
    #expect(
      throws: ArchiveOperationError.file(operation: "read", path: missing, errno: .noSuchFileOrDirectory)
    ) { try ArchiveContents.config(path: missing) }
    #expect(
      throws: ArchiveOperationError.file(
        operation: "read", path: fixture.directory.path, errno: .isDirectory)
    ) { try ArchiveContents.config(path: fixture.directory.path) }
  }
}
