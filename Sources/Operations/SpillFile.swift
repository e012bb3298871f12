import CLinux
import DiskIO
import Glibc
import SystemPackage

/// A file without a name that takes gathered clusters, one in each slot.
final class SpillFile {
  private let directory: String
  private var descriptor: Int32 = -1
  private var slots: UInt64 = 0
  private var free: [UInt64] = []

  /// - Parameter directory: where the file is made when the first cluster comes.
  init(directory: String) { self.directory = directory }

  deinit { if descriptor >= 0 { close(descriptor) } }

  /// Bytes of the file.
  var size: UInt64 { slots * UInt64(GatheredCluster.footprint) }

  /// Writes a cluster to a slot.
  ///
  /// - Throws: ``ArchiveReceptionError``.
  func write(_ bytes: UnsafeRawBufferPointer) throws(ArchiveReceptionError) -> UInt64 {
    if descriptor < 0 { try make() }
    let slot: UInt64
    if let unused = free.popLast() {
      slot = unused
    } else {
      slot = slots
      slots += 1
    }
    var done = 0
    while done < bytes.count {
      let rest = UnsafeRawBufferPointer(rebasing: bytes[done...])
      let count = pwrite(descriptor, rest.baseAddress, rest.count, offset(of: slot) + off_t(done))
      if count < 0 && errno != EINTR { throw failure("write to") }
      done += max(0, count)
    }
    return slot
  }

  /// Reads a cluster back and frees its slot.
  ///
  /// - Throws: ``ArchiveReceptionError``.
  func read(_ slot: UInt64, into buffer: UnsafeMutableRawBufferPointer) throws(ArchiveReceptionError) {
    var done = 0
    while done < buffer.count {
      let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[done...])
      let count = pread(descriptor, rest.baseAddress, rest.count, offset(of: slot) + off_t(done))
      if count == 0 || (count < 0 && errno != EINTR) { throw failure("read") }
      done += max(0, count)
    }
    free(slot)
  }

  /// Lets a slot be used again.
  func free(_ slot: UInt64) { free.append(slot) }

  private func offset(of slot: UInt64) -> off_t { off_t(clamping: slot * UInt64(GatheredCluster.footprint)) }

  private func make() throws(ArchiveReceptionError) {
    do {
      descriptor = try UniqueFile.makeUnnamed(in: directory).rawValue
    } catch {
      throw .scratch(operation: "make", directory: directory, errno: error)
    }
  }

  private func failure(_ operation: String) -> ArchiveReceptionError {
    .scratch(operation: operation, directory: directory, errno: Errno(rawValue: errno))
  }
}
