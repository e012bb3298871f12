import DiskIO
import Glibc
import SystemPackage
import VMA
import XMLTree

/// The files that an archive is restored into: all get their names, or none does.
final class RestoreOutputs {
  /// A file on its way to its place.
  private struct Output {
    let file: PartialFile
    /// Where it ends up; `file` itself has another name as long as something is there.
    let place: String
    /// Where what was there before has gone.
    var former: String?
  }

  private let replaces: Bool
  private var outputs: [Output] = []
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
  func addDisk(_ device: ArchiveDevice, at path: String, format: ImageFormat) throws {
    let file = try add(path)
    targets[device.id] = try DiskImage.create(file, format: format, size: device.size)
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

  private func add(_ path: String) throws -> PartialFile {
    var status = stat()
    var name = path
    if lstat(path, &status) == 0 {
      guard replaces, status.st_mode & S_IFMT == S_IFREG else { throw DiskIOError.exists(path: path) }
      name = "\(path).restored-\(getpid())"
    }
    let file = try PartialFile(path: name)
    outputs.append(Output(file: file, place: path))
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

  /// Gives all files their places; where one cannot be had, none is taken.
  func nameFiles() throws {
    do {
      for index in outputs.indices {
        let output = outputs[index]
        try output.file.complete(sync: true)
        guard output.file.path != output.place else { continue }
        let former = "\(output.place).replaced-\(getpid())"
        try move(output.place, to: former)
        outputs[index].former = former
        try move(output.file.path, to: output.place)
      }
    } catch {
      takeAway()
      throw error
    }
  }

  /// Takes the files away again, and puts back what was there before.
  func takeAway() {
    for output in outputs where output.file.isComplete {
      if output.file.path == output.place {
        unlink(output.place)
      } else if let former = output.former {
        unlink(output.file.path)
        rename(former, output.place)
      } else {
        unlink(output.file.path)
      }
    }
  }

  /// The guest is made: what was there before goes, and so does the memory once it was put back.
  func keep(saveImage keepsSaveImage: Bool) {
    for output in outputs {
      if let former = output.former { unlink(former) }
    }
    if let saveImage, !keepsSaveImage { unlink(saveImage) }
  }

  private func move(_ path: String, to other: String) throws {
    guard rename(path, other) == 0 else {
      throw ArchiveOperationError.file(operation: "move", path: path, errno: Errno(rawValue: errno))
    }
  }
}
