/// A request's header (doc/proto.md, "Request message").
struct Request {
  /// Bytes of a header.
  static let size = 28

  let flags: UInt16
  let command: UInt16
  let cookie: UInt64
  let offset: UInt64
  let length: UInt32

  /// Nil for bytes that are no request.
  init?(_ header: UnsafeRawBufferPointer) {
    var fields = WireReader(Array(header))
    guard fields.number(UInt32.self) == NBDProtocol.requestMagic, let flags = fields.number(UInt16.self),
      let command = fields.number(UInt16.self), let cookie = fields.number(UInt64.self),
      let offset = fields.number(UInt64.self), let length = fields.number(UInt32.self)
    else { return nil }
    self.flags = flags
    self.command = command
    self.cookie = cookie
    self.offset = offset
    self.length = length
  }

  /// A range as it is, or, where it is longer, cut into pieces of ``NBDProtocol/pieceSize`` at multiples of it.
  static func pieces(of range: Range<UInt64>) -> [Range<UInt64>] {
    let size = NBDProtocol.pieceSize
    guard range.upperBound - range.lowerBound > size else { return range.isEmpty ? [] : [range] }
    var pieces: [Range<UInt64>] = []
    var start = range.lowerBound
    while start < range.upperBound {
      let rest = range.upperBound - start
      let end = start + min(rest, size - start % size)
      pieces.append(start..<end)
      start = end
    }
    return pieces
  }
}
