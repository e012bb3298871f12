import CLibNBD
import Foundation
import TestSupport

/// One connection of libnbd, synchronous.
final class LibNBDClient: @unchecked Sendable {
  private let handle: OpaquePointer

  /// What the server, or libnbd itself, refused.
  struct Refusal: Error, Equatable {
    let errno: Int32
    let message: String
  }

  /// Connects to an export. Requests that libnbd itself would refuse are sent all the same.
  init(_ socket: String, _ export: String) throws {
    guard let handle = nbd_create() else { throw TestSupportError("no libnbd handle") }
    self.handle = handle
    nbd_set_strict_mode(handle, 0)
    nbd_add_meta_context(handle, "base:allocation")
    nbd_set_export_name(handle, export)
    try check(nbd_connect_unix(handle, socket))
  }

  deinit { nbd_close(handle) }

  func write(_ bytes: some Collection<UInt8>, at offset: Int, flags: UInt32 = 0) throws {
    let bytes = Array(bytes)
    try check(nbd_pwrite(handle, bytes, bytes.count, UInt64(offset), flags))
  }

  func zero(_ count: Int, at offset: Int) throws {
    try check(nbd_zero(handle, UInt64(count), UInt64(offset), 0))
  }

  func trim(_ count: Int, at offset: Int) throws {
    try check(nbd_trim(handle, UInt64(count), UInt64(offset), 0))
  }

  func flush() throws { try check(nbd_flush(handle, 0)) }

  func read(_ count: Int, at offset: Int) throws -> [UInt8] {
    var bytes = [UInt8](repeating: 0xEE, count: count)
    try check(nbd_pread(handle, &bytes, count, UInt64(offset), 0))
    return bytes
  }

  /// Lengths and flags of the extents of `base:allocation`.
  func extents(_ count: Int, at offset: Int) throws -> [[UInt32]] {
    final class Collector { var entries: [[UInt32]] = [] }
    let collector = Collector()
    let callback = nbd_extent_callback(
      callback: { context, _, _, entries, count, _ in
        guard let context, let entries else { return 0 }
        let collector = Unmanaged<Collector>.fromOpaque(context).takeUnretainedValue()
        for index in stride(from: 0, to: count - 1, by: 2) {
          collector.entries.append([entries[index], entries[index + 1]])
        }
        return 0
      }, user_data: Unmanaged.passUnretained(collector).toOpaque(), free: nil)
    try check(nbd_block_status(handle, UInt64(count), UInt64(offset), callback, 0))
    return collector.entries
  }

  /// Says goodbye.
  func close() throws { try check(nbd_shutdown(handle, 0)) }

  /// Goes without a word, in the middle of a write whose bytes will never all come.
  func die(writing bytes: [UInt8], at offset: Int) {
    let socket = nbd_aio_get_fd(handle)
    var head: [UInt8] = [0x25, 0x60, 0x95, 0x13, 0, 0, 0, 1]
    for value in [99, UInt64(offset)] { head += withUnsafeBytes(of: value.bigEndian) { Array($0) } }
    head += withUnsafeBytes(of: UInt32(bytes.count * 2).bigEndian) { Array($0) } + bytes
    _ = send(socket, head, head.count, Int32(MSG_NOSIGNAL))
    shutdown(socket, Int32(SHUT_RDWR))
  }

  private func check(_ status: Int32) throws {
    guard status < 0 else { return }
    throw Refusal(errno: nbd_get_errno(), message: nbd_get_error().map { String(cString: $0) } ?? "")
  }
}
