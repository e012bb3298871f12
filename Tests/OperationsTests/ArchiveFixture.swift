import DiskIO
import Foundation
import Operations
import TestSupport
import VMA

/// A directory in which a test makes and takes apart archives.
struct ArchiveFixture {
  let directory: TemporaryDirectory
  let cancellation = Cancellation()

  init() throws { directory = try TemporaryDirectory() }

  /// Writes a disk as a raw file and opens it as a device.
  func device(_ name: String, _ disk: TestDisk) throws -> ArchiveContents.Device {
    let path = directory.file("source-\(name).raw")
    try disk.write(to: path)
    return ArchiveContents.Device(disk: name, try RawImage(path: path))
  }

  /// Makes an archive in the directory and returns its path.
  @discardableResult
  func create(
    _ devices: [ArchiveContents.Device], configs: [ArchiveConfig] = [], name: String = "test.vma",
    progress: (any ProgressReceiver)? = nil
  ) throws -> String {
    let contents = ArchiveContents(configs: configs, devices: devices)
    let creation = ArchiveCreation(contents, progress: progress, cancellation: cancellation)
    _ = try creation.run(to: .path(directory.file(name)))
    return directory.file(name)
  }

  /// Opens an archive.
  func open(_ path: String) throws -> OpenArchive {
    try OpenArchive(path: path, cancellation: cancellation)
  }

  /// Extracts an archive into the new directory `out` and returns what came of it.
  func extract(_ path: String, devices: [String]? = nil, format: ImageFormat = .raw) throws
    -> ArchiveExtraction.Result
  {
    let extraction = try ArchiveExtraction(open(path), into: directory.file("out"), devices: devices)
    _ = try extraction.makeImages(format: format)
    return try extraction.run(progress: nil)
  }

  /// The names right in the directory, hidden ones included, without the sources.
  var entries: [String] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: directory.path)) ?? []
    return names.filter { !$0.hasPrefix("source-") }.sorted()
  }

  /// The names in a directory below, hidden ones included.
  func entries(of name: String) -> [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: directory.file(name))) ?? []).sorted()
  }
}

/// A disk that is in no file, and may fail.
final class MadeUpDisk: DiskSource {
  let name = "made-up"
  let size: UInt64
  private let failingFrom: UInt64

  /// `size` bytes of 0x5a; reads at or past `failingFrom` fail as if the file had shrunk.
  init(size: UInt64, failingFrom: UInt64 = .max) {
    self.size = size
    self.failingFrom = failingFrom
  }

  func extent(at offset: UInt64) throws(DiskIOError) -> DiskExtent {
    DiskExtent(offset: offset, length: size - offset, isData: true)
  }

  func read(into buffer: UnsafeMutableRawBufferPointer, at offset: UInt64) throws(DiskIOError) {
    guard offset + UInt64(buffer.count) <= failingFrom else {
      throw .shrank(path: name, offset: failingFrom, size: size)
    }
    buffer.initializeMemory(as: UInt8.self, repeating: 0x5a)
  }
}
