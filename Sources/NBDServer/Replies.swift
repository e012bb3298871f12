/// The answers to one client's requests, in the shape that it has negotiated (doc/proto.md, "Transmission phase").
struct Replies {
  private let stream: ClientStream
  private let usesStructuredReplies: Bool

  init(to stream: ClientStream, structured: Bool) {
    self.stream = stream
    usesStructuredReplies = structured
  }

  /// Says that what was asked for is done.
  func acknowledge(_ request: Request) throws(ConnectionError) {
    try stream.send(simpleReply(request, error: 0))
  }

  /// Says why it is not, also behind chunks of data that came before.
  func refuse(_ request: Request, _ error: NBDRequestError) throws(ConnectionError) {
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

  /// Tells what is data and what is not.
  func send(_ extents: [NBDExtent], to request: Request) throws(ConnectionError) {
    var content: [UInt8] = []
    content.append(wire: NBDProtocol.allocationContextID)
    for extent in extents {
      content.append(wire: UInt32(clamping: extent.length))
      content.append(wire: extent.kind.state)
    }
    try stream.send(chunk(request, NBDProtocol.Chunk.blockStatus, length: content.count) + content)
  }

  // MARK: - Data

  /// Whether data goes as chunks, of which each may be the last, or as one stretch that no error can come behind.
  func isChunked(_ request: Request) -> Bool {
    usesStructuredReplies && request.flags & NBDProtocol.CommandFlags.df == 0
  }

  /// Answers a read of no bytes.
  func sendNothing(to request: Request) throws(ConnectionError) {
    try stream.send(
      usesStructuredReplies
        ? chunk(request, NBDProtocol.Chunk.none, length: 0) : simpleReply(request, error: 0))
  }

  /// Sends what was read of a part of the request's range; the parts must come in their order.
  func send(_ pieces: [NBDPiece], of range: Range<UInt64>, to request: Request) throws(ConnectionError) {
    var message = GatheredMessage()
    if isChunked(request) {
      let isEnd = range.upperBound == request.offset + UInt64(request.length)
      var offset = range.lowerBound
      for (index, piece) in pieces.enumerated() {
        append(piece, at: offset, isLast: isEnd && index == pieces.count - 1, of: request, to: &message)
        offset += UInt64(piece.count)
      }
    } else {
      if range.lowerBound == request.offset {
        if usesStructuredReplies {
          message.append(chunk(request, NBDProtocol.Chunk.offsetData, length: Int(request.length) + 8))
          message.append(wire: request.offset)
        } else {
          message.append(simpleReply(request, error: 0))
        }
      }
      for piece in pieces { message.append(piece) }
    }
    try message.send(to: stream)
  }

  /// Appends a chunk of data with its bytes, of a hole without its zeros.
  private func append(
    _ piece: NBDPiece, at offset: UInt64, isLast: Bool, of request: Request, to message: inout GatheredMessage
  ) {
    switch piece {
    case .data(let bytes, _):
      message.append(chunk(request, NBDProtocol.Chunk.offsetData, length: bytes.count + 8, isLast: isLast))
      message.append(wire: offset)
      message.append(piece)
    case .hole(let count):
      message.append(chunk(request, NBDProtocol.Chunk.offsetHole, length: 12, isLast: isLast))
      message.append(wire: offset)
      message.append(wire: UInt32(clamping: count))
    }
  }

  // MARK: - Heads

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
