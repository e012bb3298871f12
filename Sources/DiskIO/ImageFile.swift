import Glibc
import SystemPackage

/// An open regular file or block device: whole reads and writes at an offset.
final class ImageFile: Sendable {
  let descriptor: Int32
  let path: String
  /// Whether this is a block device (else a regular file).
  let isBlockDevice: Bool

  /// Opens what exists at `path`; directories, pipes and the like are refused.
  ///
  /// The corresponding C function is `open`, with `O_NONBLOCK` so that a pipe without a writer is refused, not waited for.
  init(path: String, writable: Bool) throws(DiskIOError) {
    let flags = (writable ? O_RDWR : O_RDONLY) | O_CLOEXEC | O_NONBLOCK | O_NOCTTY
    let descriptor = open(path, flags)
    guard descriptor >= 0 else {
      throw DiskIOError.lastErrno(writable ? "open for writing" : "open", path)
    }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      let error = DiskIOError.lastErrno("open", path)
      close(descriptor)
      throw error
    }
    guard let kind = FileKind(mode: status.st_mode) else {
      close(descriptor)
      throw DiskIOError.notADisk(path: path, kind: "not a regular file")
    }
    guard kind == .regular || kind == .blockDevice else {
      close(descriptor)
      throw DiskIOError.notADisk(path: path, kind: kind.words)
    }
    self.descriptor = descriptor
    self.path = path
    isBlockDevice = kind == .blockDevice
  }

  /// Takes over an open descriptor of a regular file.
  init(adopting descriptor: Int32, path: String) {
    self.descriptor = descriptor
    self.path = path
    isBlockDevice = false
  }

  deinit { close(descriptor) }

  /// Bytes of the file or device now. `lseek` to the end answers for both.
  func currentSize() throws(DiskIOError) -> UInt64 {
    guard let size = UInt64(exactly: lseek(descriptor, 0, SEEK_END)) else {
      throw DiskIOError.lastErrno("find the size of", path)
    }
    return size
  }

  /// Reads until the buffer is full or the file ends; returns the bytes read.
  func read(into buffer: UnsafeMutableRawBufferPointer, at offset: UInt64) throws(DiskIOError) -> Int {
    var done = 0
    while done < buffer.count {
      let position = offset + UInt64(done)
      let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[done...])
      let count = pread(descriptor, rest.baseAddress, rest.count, off_t(clamping: position))
      if count < 0 {
        if errno == EINTR { continue }
        throw DiskIOError.lastErrno("read", path, at: position)
      }
      if count == 0 { break }
      done += count
    }
    return done
  }

  /// Writes all of the bytes.
  func write(_ bytes: UnsafeRawBufferPointer, at offset: UInt64) throws(DiskIOError) {
    var done = 0
    while done < bytes.count {
      let position = offset + UInt64(done)
      let rest = UnsafeRawBufferPointer(rebasing: bytes[done...])
      let count = pwrite(descriptor, rest.baseAddress, rest.count, off_t(clamping: position))
      if count < 0 {
        if errno == EINTR { continue }
        throw DiskIOError.lastErrno("write", path, at: position)
      }
      done += count
    }
  }

  /// Waits until all that was written is on stable storage.
  func synchronize() throws(DiskIOError) {
    while fdatasync(descriptor) != 0 {
      guard errno == EINTR else { throw DiskIOError.lastErrno("finish writing", path) }
    }
  }

  /// Reports what the file system held back until now (a network file system reports a full disk at close).
  func reportDelayedErrors() throws(DiskIOError) {
    let twin = dup(descriptor)
    guard twin >= 0, close(twin) == 0 else {
      throw DiskIOError.lastErrno("finish writing", path)
    }
  }
}

/// What a path names, by the file type bits of its mode.
enum FileKind: Equatable {
  case regular, blockDevice, characterDevice, directory, pipe, socket

  init?(mode: mode_t) {
    switch mode & S_IFMT {
    case S_IFREG: self = .regular
    case S_IFBLK: self = .blockDevice
    case S_IFCHR: self = .characterDevice
    case S_IFDIR: self = .directory
    case S_IFIFO: self = .pipe
    case S_IFSOCK: self = .socket
    default: return nil
    }
  }

  var words: String {
    switch self {
    case .regular: "a regular file"
    case .blockDevice: "a block device"
    case .characterDevice: "a character device"
    case .directory: "a directory"
    case .pipe: "a named pipe"
    case .socket: "a socket"
    }
  }
}
