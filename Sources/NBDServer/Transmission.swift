/// The requests of one client, each answered before the next is read (doc/proto.md, "Transmission").
///
/// A client that wants several served at one time opens several connections. A write's bytes are handed on only when
/// all have come, so that a client which dies in the middle of a request has not begun it.
struct Transmission {
  private let stream: ClientStream
  private let export: any NBDExport
  private let usesStructuredReplies: Bool
  private let tellsAllocation: Bool
  private let buffer: PayloadBuffer

  init(with stream: ClientStream, session: NegotiatedSession, budget: MemoryBudget) {
    self.stream = stream
    export = session.export
    usesStructuredReplies = session.usesStructuredReplies
    tellsAllocation = session.tellsAllocation
    buffer = PayloadBuffer(budget: budget)
  }

  private struct Request {
    let flags: UInt16
    let command: UInt16
    let cookie: UInt64
    let offset: UInt64
    let length: UInt32
  }

  /// What is sent back.
  private enum Answer {
    case done
    case data([NBDPiece])
    case extents([NBDExtent])
    case refusal(NBDRequestError)
  }

  /// Serves until the client says goodbye or has gone away.
  func run() throws(ConnectionError) {
    while let request = try nextRequest(), request.command != NBDProtocol.Command.disconnect {
      let payload = try takePayload(of: request)
      let answer: Answer
      do throws(NBDRequestError) { answer = try serve(request, payload) } catch { answer = .refusal(error) }
      try send(answer, to: request)
      buffer.settle()
    }
  }

  private func nextRequest() throws(ConnectionError) -> Request? {
    let header = buffer.room(28)
    guard try stream.read(into: header) else { return nil }
    var fields = WireReader(Array(header))
    guard fields.number(UInt32.self) == NBDProtocol.requestMagic, let flags = fields.number(UInt16.self),
      let command = fields.number(UInt16.self), let cookie = fields.number(UInt64.self),
      let offset = fields.number(UInt64.self), let length = fields.number(UInt32.self)
    else { throw .violation("what it sent where a request begins is none") }
    return Request(flags: flags, command: command, cookie: cookie, offset: offset, length: length)
  }

  /// The bytes behind a write; nil where there are none, or too many to be kept.
  private func takePayload(of request: Request) throws(ConnectionError) -> UnsafeRawBufferPointer? {
    guard request.command == NBDProtocol.Command.write else { return nil }
    guard request.length <= NBDProtocol.maximumPayload else {
      try stream.discard(UInt64(request.length))
      return nil
    }
    let room = buffer.room(Int(request.length))
    if !room.isEmpty, try !stream.read(into: room) { throw .closed }
    return UnsafeRawBufferPointer(room)
  }

  // MARK: - Serving

  private func serve(_ request: Request, _ payload: UnsafeRawBufferPointer?) throws(NBDRequestError) -> Answer
  {
    typealias Command = NBDProtocol.Command
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
      try export.flush()
      return .done
    }
    return try serve(request, payload, range: range(of: request))
  }

  private func serve(
    _ request: Request, _ payload: UnsafeRawBufferPointer?, range: Range<UInt64>
  ) throws(NBDRequestError) -> Answer {
    switch request.command {
    case NBDProtocol.Command.read:
      guard !range.isEmpty else { return .data([]) }
      guard request.length > NBDProtocol.maximumPieces else {
        return .data(try export.pieces(of: range) { buffer.room(Int(request.length)) })
      }
      let room = buffer.room(Int(request.length))
      try export.read(into: room, at: range.lowerBound)
      return .data([.data(UnsafeRawBufferPointer(room), owner: nil)])
    case NBDProtocol.Command.blockStatus:
      return .extents(try extents(of: range, onlyOne: request.flags & NBDProtocol.CommandFlags.reqOne != 0))
    case NBDProtocol.Command.write:
      guard let payload else { throw NBDRequestError(.invalid, tooLarge(request)) }
      if !payload.isEmpty { try export.write(payload, at: range.lowerBound) }
    case NBDProtocol.Command.writeZeroes:
      if !range.isEmpty { try export.zero(range) }
    default:
      if !range.isEmpty { try export.trim(range) }
    }
    if request.flags & NBDProtocol.CommandFlags.fua != 0 { try export.flush() }
    return .done
  }

  /// The bytes that a request is about, inside the export.
  private func range(of request: Request) throws(NBDRequestError) -> Range<UInt64> {
    let changes = [
      NBDProtocol.Command.write, NBDProtocol.Command.writeZeroes, NBDProtocol.Command.trim,
    ].contains(request.command)
    guard !changes || !export.isReadOnly else { throw .readOnly(export.name) }
    if request.command == NBDProtocol.Command.read || request.command == NBDProtocol.Command.write {
      guard request.length <= NBDProtocol.maximumPayload else {
        throw NBDRequestError(.invalid, tooLarge(request))
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

  private func tooLarge(_ request: Request) -> String {
    "a request of \(request.length) bytes is too large; the largest has \(NBDProtocol.maximumPayload)"
  }

  private func extents(of range: Range<UInt64>, onlyOne: Bool) throws(NBDRequestError) -> [NBDExtent] {
    guard tellsAllocation else {
      throw NBDRequestError(.invalid, "no metadata context has been negotiated")
    }
    guard !range.isEmpty else { throw NBDRequestError(.invalid, "a block status request needs a length") }
    return try export.extents(of: range, limit: onlyOne ? 1 : NBDProtocol.maximumExtents)
  }

  // MARK: - Answering

  private func send(_ answer: Answer, to request: Request) throws(ConnectionError) {
    switch answer {
    case .done:
      try stream.send(simpleReply(request, error: 0))
    case .data(let pieces):
      try send(pieces, to: request)
    case .extents(let extents):
      var content: [UInt8] = []
      content.append(wire: NBDProtocol.allocationContextID)
      for extent in extents {
        content.append(wire: UInt32(clamping: extent.length))
        content.append(wire: extent.kind.state)
      }
      try stream.send(chunk(request, NBDProtocol.Chunk.blockStatus, length: content.count) + content)
    case .refusal(let error):
      try refuse(request, error)
    }
  }

  /// Sends what was read: by chunks of data and holes where the client knows them, as one stretch of bytes elsewhere.
  private func send(_ pieces: [NBDPiece], to request: Request) throws(ConnectionError) {
    var message = GatheredMessage()
    if !usesStructuredReplies {
      message.append(simpleReply(request, error: 0))
      for piece in pieces { message.append(piece) }
    } else if pieces.isEmpty {
      message.append(chunk(request, NBDProtocol.Chunk.none, length: 0))
    } else if request.flags & NBDProtocol.CommandFlags.df != 0 {
      message.append(chunk(request, NBDProtocol.Chunk.offsetData, length: Int(request.length) + 8))
      message.append(wire: request.offset)
      for piece in pieces { message.append(piece) }
    } else {
      var offset = request.offset
      for (index, piece) in pieces.enumerated() {
        let isLast = index == pieces.count - 1
        switch piece {
        case .data(let bytes, _):
          message.append(
            chunk(request, NBDProtocol.Chunk.offsetData, length: bytes.count + 8, isLast: isLast))
          message.append(wire: offset)
          message.append(piece)
          offset += UInt64(bytes.count)
        case .hole(let count):
          message.append(chunk(request, NBDProtocol.Chunk.offsetHole, length: 12, isLast: isLast))
          message.append(wire: offset)
          message.append(wire: UInt32(clamping: count))
          offset += UInt64(count)
        }
      }
    }
    try message.send(to: stream)
  }

  private func refuse(_ request: Request, _ error: NBDRequestError) throws(ConnectionError) {
    guard usesStructuredReplies else {
      return try stream.send(simpleReply(request, error: error.code.rawValue))
    }
    let message = Array(error.message.utf8.prefix(NBDProtocol.maximumName))
    var content: [UInt8] = []
    content.append(wire: error.code.rawValue)
    content.append(wire: UInt16(message.count))
    try stream.send(
      chunk(request, NBDProtocol.Chunk.error, length: content.count + message.count) + content + message)
  }

  private func simpleReply(_ request: Request, error: UInt32) -> [UInt8] {
    var reply: [UInt8] = []
    reply.reserveCapacity(16)
    reply.append(wire: NBDProtocol.simpleReplyMagic)
    reply.append(wire: error)
    reply.append(wire: request.cookie)
    return reply
  }

  /// The head of a chunk of a structured reply, which has only this one unless `isLast` says otherwise.
  private func chunk(_ request: Request, _ kind: UInt16, length: Int, isLast: Bool = true) -> [UInt8] {
    var head: [UInt8] = []
    head.reserveCapacity(28)
    head.append(wire: NBDProtocol.structuredReplyMagic)
    head.append(wire: isLast ? NBDProtocol.Chunk.doneFlag : 0)
    head.append(wire: kind)
    head.append(wire: request.cookie)
    head.append(wire: UInt32(length))
    return head
  }
}

extension NBDExtent.Kind {
  /// The flags of `base:allocation`.
  fileprivate var state: UInt32 {
    switch self {
    case .data: 0
    case .hole: NBDProtocol.State.hole | NBDProtocol.State.zero
    case .zeros: NBDProtocol.State.zero
    }
  }
}
