import Foundation
import NBDServer
import SystemPackage
import TestSupport

@testable import NBDServer

/// A server without a socket of its own, and clients that speak bytes to it.
final class RawServer {
  let server: NBDServer
  let offer: NBDServer.Offer
  let complaints = Complaints()
  private let directory: TemporaryDirectory

  /// What the server has said of its clients.
  final class Complaints: @unchecked Sendable {
    private let lock = NSLock()
    private var lines: [String] = []

    func add(_ line: String) { lock.withLock { lines.append(line) } }
    var all: [String] { lock.withLock { lines } }
  }

  init(_ exports: any NBDExport..., limits: NBDServer.StallLimits = .init()) throws {
    directory = try TemporaryDirectory()
    let socket = try ListeningSocket(.unix(path: directory.file("nbd.sock")))
    offer = NBDServer.Offer(exports, at: socket)
    server = try NBDServer([offer], limits: limits, log: complaints.add)
  }

  deinit { server.stop() }

  /// A connection that has read the greeting.
  func connect() throws -> RawClient {
    let client = try greeted()
    _ = try client.read(18)
    return client
  }

  /// A connection of which nothing has been read.
  func greeted() throws -> RawClient {
    var ends: [Int32] = [-1, -1]
    guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends) == 0 else {
      throw TestSupportError("no socket pair")
    }
    server.take(FileDescriptor(rawValue: ends[0]), offer)
    return RawClient(ends[1], of: self)
  }
}

/// One connection, as bytes. What does not come within 60 seconds never comes.
final class RawClient {
  private let descriptor: Int32
  /// A server ends when nobody holds it.
  private let server: RawServer

  init(_ descriptor: Int32, of server: RawServer) {
    self.descriptor = descriptor
    self.server = server
    var limit = timeval(tv_sec: 60, tv_usec: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
  }

  deinit { close(descriptor) }

  func send(_ bytes: [UInt8]) {
    var done = 0
    while done < bytes.count {
      let sent = bytes[done...].withUnsafeBytes {
        Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      // The server may have hung up already; what it answered is read afterwards.
      guard sent > 0 else { return }
      done += sent
    }
  }

  func stopSending() { shutdown(descriptor, Int32(SHUT_WR)) }

  /// The next bytes, all of them.
  func read(_ count: Int) throws -> [UInt8] {
    let bytes = readUpTo(count)
    guard bytes.count == count else {
      throw TestSupportError("the server sent \(bytes.count) of \(count) bytes")
    }
    return bytes
  }

  /// The next bytes, as many as come before the server hangs up.
  func readUpTo(_ count: Int) -> [UInt8] {
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65536)
    while bytes.count < count {
      let got = recv(descriptor, &buffer, min(buffer.count, count - bytes.count), 0)
      guard got > 0 else { break }
      bytes += buffer[..<got]
    }
    return bytes
  }

  /// Whether the server has hung up, with nothing left to read.
  var isClosed: Bool { readUpTo(1).isEmpty }

  // MARK: - Handshake

  struct OptionReply: Equatable {
    var option: UInt32
    var kind: UInt32
    var data: [UInt8]
  }

  func option(_ number: UInt32, _ data: [UInt8] = []) {
    send(be(UInt64(0x4948_4156_454F_5054)) + be(number) + be(UInt32(data.count)) + data)
  }

  func optionReply() throws -> OptionReply {
    let head = try read(20)
    guard Array(head[..<8]) == be(UInt64(0x3_e889_0455_65a9)) else {
      throw TestSupportError("no option reply: \(head)")
    }
    return OptionReply(
      option: number(head[8..<12]), kind: number(head[12..<16]), data: try read(number(head[16..<20])))
  }

  /// All replies to an option, up to the ACK or the error.
  func replies(_ number: UInt32, _ data: [UInt8] = []) throws -> [OptionReply] {
    option(number, data)
    var replies: [OptionReply] = []
    repeat {
      replies.append(try optionReply())
    } while replies.last.map { $0.kind > 1 && $0.kind < 1 << 31 } == true
    return replies
  }

  /// Goes into transmission, with structured replies and block status when asked for.
  func go(_ name: String = "", structured: Bool = false) throws {
    send(be(UInt32(3)))
    if structured {
      _ = try replies(8)
      _ = try replies(10, named(name) + be(UInt32(1)) + named("base:allocation"))
    }
    let answers = try replies(7, named(name) + be(UInt16(0)))
    guard answers.last?.kind == 1 else { throw TestSupportError("no export: \(answers)") }
  }

  // MARK: - Requests

  func request(
    _ command: UInt16, flags: UInt16 = 0, cookie: UInt64 = 7, offset: UInt64 = 0, length: UInt32 = 0,
    _ payload: [UInt8] = []
  ) {
    send(
      be(UInt32(0x2560_9513)) + be(flags) + be(command) + be(cookie) + be(offset) + be(length) + payload)
  }

  /// The error of a simple reply, after checking its cookie.
  func simpleReply(cookie: UInt64 = 7) throws -> UInt32 {
    let reply = try read(16)
    guard Array(reply[..<4]) == be(UInt32(0x6744_6698)), Array(reply[8...]) == be(cookie) else {
      throw TestSupportError("no simple reply: \(reply)")
    }
    return number(reply[4..<8])
  }

  struct Chunk: Equatable {
    var flags: UInt16
    var kind: UInt16
    var content: [UInt8]
  }

  func chunk(cookie: UInt64 = 7) throws -> Chunk {
    let head = try read(20)
    guard Array(head[..<4]) == be(UInt32(0x668e_33ef)), Array(head[8..<16]) == be(cookie) else {
      throw TestSupportError("no structured reply: \(head)")
    }
    return Chunk(
      flags: number(head[4..<6]), kind: number(head[6..<8]), content: try read(number(head[16..<20])))
  }

  /// The error chunk that answers a refused request: number and message.
  func refusal() throws -> (code: UInt32, message: String) {
    let chunk = try chunk()
    guard chunk.kind == 0x8001, chunk.flags == 1, chunk.content.count >= 6 else {
      throw TestSupportError("no error: \(chunk)")
    }
    return (number(chunk.content[..<4]), String(decoding: chunk.content[6...], as: UTF8.self))
  }
}

/// A number in network order.
func be<Value: FixedWidthInteger>(_ value: Value) -> [UInt8] {
  withUnsafeBytes(of: value.bigEndian) { Array($0) }
}

/// A text behind its length.
func named(_ name: String) -> [UInt8] { be(UInt32(name.utf8.count)) + Array(name.utf8) }

/// The number that bytes in network order are.
func number<Value: FixedWidthInteger>(_ bytes: ArraySlice<UInt8>) -> Value {
  bytes.reduce(0) { $0 << 8 | Value(truncatingIfNeeded: $1) }
}
