import DiskIO
import Glibc
import SystemPackage
import VMA
import XMLTree

/// The files that an archive is restored into: all get their names, or none does.
final class RestoreOutputs {
  private let replaces: Bool
  private var partials: [PartialFile] = []
  /// The files, as another process must know them to take them away.
  private(set) var files: [RestoredFile] = []
  private var targets: [UInt8: any DiskTarget] = [:]
  private var memory: RestoredMemory?
  /// Where the memory ends up; nil where none is restored.
  private(set) var saveImage: String?

  /// No files yet.
  ///
  /// - Parameter replaces: whether files that are in the way make room.
  init(replacing replaces: Bool) {
    self.replaces = replaces
  }

  /// Makes an image for a device.
  func addDisk(
    _ device: ArchiveDevice, at path: String, format: ImageFormat, preallocation: Preallocation = .off
  ) throws {
    let file = try add(path)
    targets[device.id] = try DiskImage.create(
      file, format: format, size: device.size, preallocation: preallocation)
  }

  /// Makes an empty image for a device, above an export that has its data.
  func addOverlay(_ device: ArchiveDevice, at path: String, above uri: String) throws {
    try QemuImage.createOverlay(try add(path), size: device.size, recordedBacking: uri)
  }

  /// Makes a save image for the memory.
  func addMemory(
    at path: String, domain: XMLElement, _ manifest: ArchiveManifest?, resumes: Bool
  ) throws {
    memory = try RestoredMemory(
      try add(path), domain: domain, cookie: manifest?.guest?.cookie, length: manifest?.memory?.length,
      resumes: resumes)
    saveImage = path
  }

  /// The name of a file that is to take the place of another.
  static func nameBeside(_ path: String) -> String { "\(path).restored-\(getpid())" }

  private func add(_ path: String) throws -> PartialFile {
    var status = stat()
    var former: String?
    var name = path
    if lstat(path, &status) == 0 {
      guard replaces, status.st_mode & S_IFMT == S_IFREG else { throw DiskIOError.exists(path: path) }
      // A raw image for once, whatever it is: what matters is QEMU's lock on it.
      if status.st_size > 0 { _ = try DiskImage.open(path: path, format: .raw) }
      name = Self.nameBeside(path)
      former = "\(path).replaced-\(getpid())"
      if let former, lstat(former, &status) == 0 { throw DiskIOError.exists(path: former) }
    }
    let file = try PartialFile(path: name)
    guard fstat(file.descriptor.rawValue, &status) == 0 else {
      throw ArchiveOperationError.file(operation: "make", path: path, errno: Errno(rawValue: errno))
    }
    partials.append(file)
    files.append(
      RestoredFile(
        draft: file.temporaryPath, name: name, place: path, former: former, device: UInt64(status.st_dev),
        inode: UInt64(status.st_ino)))
    return file
  }

  /// Takes a stretch of the archive.
  func take(_ run: ArchiveRun) throws {
    if run.device.isVMState {
      try memory?.take(run)
      return
    }
    guard let target = targets[run.device.id] else { return }
    switch run.content {
    case .data(let bytes): try target.write(bytes, at: run.offset)
    case .zeros(let count): try target.writeZeroes(count, at: run.offset)
    }
  }

  /// Waits until everything is written, and lets go of the images.
  func finish() throws {
    for target in targets.values { try target.finish() }
    targets = [:]
    try memory?.finish()
  }

  /// Gives all files their places.
  func nameFiles() throws {
    for (partial, file) in zip(partials, files) {
      try partial.complete(sync: true)
      guard let former = file.former else { continue }
      try RestoredFile.move(file.place, to: former)
      try RestoredFile.move(file.name, to: file.place)
    }
  }
}
