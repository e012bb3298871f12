/// The requests of one client, each answered before the next is read (doc/proto.md, "Transmission").
///
/// A client that wants several served at one time opens several connections. A write of at most 1 MiB is handed on only
/// when all of it has come, so that a client which dies in the middle of it has not begun it. What is longer is read and
/// written in pieces: so a connection needs no more than its own buffer, and nobody waits for one that stands still.
struct Transmission {
  private typealias Command = NBDProtocol.Command

  private let stream: ClientStream
  private let export: any NBDExport
  private let usesStructuredReplies: Bool
  private let tellsAllocation: Bool
  private let replies: Replies
  private let buffer = PayloadBuffer()

  init(with stream: ClientStream, session: NegotiatedSession) {
    self.stream = stream
    export = session.export
    usesStructuredReplies = session.usesStructuredReplies
    tellsAllocation = session.tellsAllocation
    replies = Replies(to: stream, structured: session.usesStructuredReplies)
  }

  /// Serves until the client says goodbye or has gone away.
  func run() throws(ConnectionError) {
    while let request = try nextRequest(), request.command != Command.disconnect {
      let checked: Result<Range<UInt64>, NBDRequestError>
      do throws(NBDRequestError) { checked = .success(try check(request)) } catch {
        checked = .failure(error)
      }
      switch checked {
      case .success(let range):
        switch request.command {
        case Command.read: try read(range, for: request)
        case Command.write: try write(range, for: request)
        default: try serve(request, range)
        }
      case .failure(let error):
        if request.command == Command.write { try stream.discard(UInt64(request.length)) }
        try replies.refuse(request, error)
      }
    }
  }

  private func nextRequest() throws(ConnectionError) -> Request? {
    let header = buffer.room(Request.size)
    guard try stream.read(into: header, mayBeIdle: true) else { return nil }
    guard let request = Request(UnsafeRawBufferPointer(header)) else {
      throw .violation("what it sent where a request begins is none")
    }
    return request
  }

  // MARK: - Checking

  /// The bytes that a request is about, inside the export; none for a flush.
  private func check(_ request: Request) throws(NBDRequestError) -> Range<UInt64> {
    typealias Flags = NBDProtocol.CommandFlags
    let allowed: UInt16
    switch request.command {
    case Command.read: allowed = usesStructuredReplies ? Flags.df | Flags.fua : Flags.fua
    case Command.write, Command.trim: allowed = Flags.fua
    case Command.flush: allowed = Flags.fua
    case Command.writeZeroes: allowed = Flags.fua | Flags.noHole | Flags.fastZero
    case Command.blockStatus: allowed = Flags.reqOne | Flags.fua
    default: throw NBDRequestError(.invalid, "this server does not know command \(request.command)")
    }
    guard request.flags & ~allowed == 0 else {
      throw NBDRequestError(
        .invalid, "command \(request.command) does not take the flags \(request.flags & ~allowed)")
    }
    if request.command == Command.flush {
      guard request.offset == 0, request.length == 0 else {
        throw NBDRequestError(.invalid, "a flush has no range")
      }
      return 0..<0
    }
    return try range(of: request)
  }

  private func range(of request: Request) throws(NBDRequestError) -> Range<UInt64> {
    let changes = [Command.write, Command.writeZeroes, Command.trim].contains(request.command)
    guard !changes || !export.isReadOnly else { throw .readOnly(export.name) }
    if request.command == Command.read || request.command == Command.write {
      guard request.length <= NBDProtocol.maximumPayload else {
        throw NBDRequestError(
          .invalid,
          "a request of \(request.length) bytes is too large; the largest has \(NBDProtocol.maximumPayload)")
      }
    }
    let (end, overflows) = request.offset.addingReportingOverflow(UInt64(request.length))
    guard !overflows, end <= export.size else {
      throw NBDRequestError(
        changes ? .noSpace : .invalid,
        "\(request.length) bytes at byte \(request.offset) lie outside of '\(export.name)', "
          + "which has \(export.size) bytes")
    }
    return request.offset..<end
  }

  // MARK: - Serving

  private func read(_ range: Range<UInt64>, for request: Request) throws(ConnectionError) {
    let parts = Request.pieces(of: range)
    guard !parts.isEmpty else { return try replies.sendNothing(to: request) }
    let isChunked = replies.isChunked(request)
    if !isChunked, parts.count > 1 {
      // Nothing but the end of the connection could tell of an error behind the first byte: so all of it is read before
      // that, and again for sending.
      do throws(NBDRequestError) {
        for part in parts { _ = try pieces(of: part) }
      } catch { return try replies.refuse(request, error) }
    }
    for part in parts {
      let pieces: [NBDPiece]
      do throws(NBDRequestError) { pieces = try self.pieces(of: part) } catch {
        guard isChunked || part.lowerBound == range.lowerBound else { throw .abandoned(error.message) }
        return try replies.refuse(request, error)
      }
      try replies.send(pieces, of: part, to: request)
    }
  }

  private func pieces(of part: Range<UInt64>) throws(NBDRequestError) -> [NBDPiece] {
    try export.pieces(of: part) { buffer.room(part.count) }
  }

  /// Takes a write's bytes to their end, also where the export does not want them.
  private func write(_ range: Range<UInt64>, for request: Request) throws(ConnectionError) {
    var failure: NBDRequestError?
    for part in Request.pieces(of: range) {
      let room = buffer.room(part.count)
      guard try stream.read(into: room) else { throw .closed }
      guard failure == nil else { continue }
      do throws(NBDRequestError) {
        try export.write(UnsafeRawBufferPointer(room), at: part.lowerBound)
      } catch { failure = error }
    }
    try finish(request) { () throws(NBDRequestError) in if let failure { throw failure } }
  }

  private func serve(_ request: Request, _ range: Range<UInt64>) throws(ConnectionError) {
    guard request.command != Command.blockStatus else {
      let extents: [NBDExtent]
      do throws(NBDRequestError) { extents = try self.extents(of: range, for: request) } catch {
        return try replies.refuse(request, error)
      }
      return try replies.send(extents, to: request)
    }
    try finish(request) { () throws(NBDRequestError) in
      switch request.command {
      case Command.flush: try export.flush()
      case Command.writeZeroes: if !range.isEmpty { try export.zero(range) }
      default: if !range.isEmpty { try export.trim(range) }
      }
    }
  }

  /// Does what a request changes, puts it on storage where that was asked for, and says whether it has succeeded.
  private func finish(
    _ request: Request, _ change: () throws(NBDRequestError) -> Void
  ) throws(ConnectionError) {
    do throws(NBDRequestError) {
      try change()
      if request.command != Command.flush, request.flags & NBDProtocol.CommandFlags.fua != 0 {
        try export.flush()
      }
    } catch { return try replies.refuse(request, error) }
    try replies.acknowledge(request)
  }

  private func extents(of range: Range<UInt64>, for request: Request) throws(NBDRequestError) -> [NBDExtent] {
    guard tellsAllocation else {
      throw NBDRequestError(.invalid, "no metadata context has been negotiated")
    }
    guard !range.isEmpty else { throw NBDRequestError(.invalid, "a block status request needs a length") }
    let wantsOne = request.flags & NBDProtocol.CommandFlags.reqOne != 0
    return try export.extents(of: range, limit: wantsOne ? 1 : NBDProtocol.maximumExtents)
  }
}
