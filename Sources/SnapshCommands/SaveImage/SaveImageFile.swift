import SaveImage
import SystemPackage

/// A save image opened for a command: what it says, and the file its memory is in.
struct SaveImageFile: ~Copyable {
  let image: SaveImage
  let descriptor: FileDescriptor

  /// Opens and reads a save image.
  /// - Throws: ``SaveImageFailure`` with the path.
  init(path: String) throws(SaveImageFailure) {
    let opened: FileDescriptor
    do {
      // Without O_NONBLOCK a named pipe would keep the command waiting for a writer.
      opened = try FileDescriptor.open(FilePath(path), .readOnly, options: [.nonBlocking, .closeOnExec])
    } catch {
      throw SaveImageFailure(path: path, opening: error)
    }
    let read: SaveImage
    do {
      read = try SaveImage(reading: opened)
    } catch {
      try? opened.close()
      throw SaveImageFailure(path: path, cause: error)
    }
    image = read
    descriptor = opened
  }

  deinit {
    try? descriptor.close()
  }
}

/// What is wrong with one save image, with its path.
struct SaveImageFailure: ReportableError, Equatable {
  let path: String
  let cause: SaveImageError

  init(path: String, cause: SaveImageError) {
    self.path = path
    self.cause = cause
  }

  init(path: String, opening error: any Error) {
    self.init(path: path, cause: .system(operation: "open", errno: error as? Errno ?? .ioError))
  }

  var report: FailureReport {
    var code: Int?
    if case .system(_, let errno) = cause { code = Int(errno.rawValue) }
    return FailureReport(kind: "save-image", code: code, message: "'\(path)': \(cause)")
  }
}
