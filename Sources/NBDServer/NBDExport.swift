/// One disk that the server offers: what clients see of it, and what becomes of their requests.
///
/// The server calls from one thread for each connection, so several requests of one export may be under way at one
/// time. Ranges that it passes lie inside the export and are never empty. What an export does not implement it refuses,
/// as one that is only read from does with all that changes it.
public protocol NBDExport: AnyObject, Sendable {
  /// What clients ask for it by; at most 4096 bytes.
  var name: String { get }
  /// A sentence for people who list the exports.
  var summary: String { get }
  /// Bytes, fixed for as long as the server runs.
  var size: UInt64 { get }
  /// Whether clients are told at once that nothing can be changed.
  var isReadOnly: Bool { get }

  /// A client has chosen this export; requests of its connection follow.
  func clientAttached()
  /// A connection that ``clientAttached()`` told of has ended, however it did.
  func clientDetached()

  /// Fills the buffer with the bytes from `offset` on; asked by ``pieces(of:room:)`` of exports that have none of their own.
  func read(into buffer: UnsafeMutableRawBufferPointer, at offset: UInt64) throws(NBDRequestError)
  /// Reads a range of at most 1 MiB in pieces, so that what is in memory already need not be copied and holes need not be
  /// sent (`NBD_CMD_READ`).
  ///
  /// - Parameters:
  ///   - range: bytes of the export.
  ///   - room: gives a buffer for the whole range, valid until the answer is sent.
  /// - Throws: ``NBDRequestError``.
  /// - Returns: pieces from the range's beginning to its end.
  func pieces(
    of range: Range<UInt64>, room: () -> UnsafeMutableRawBufferPointer
  ) throws(NBDRequestError) -> [NBDPiece]
  /// Takes bytes, which are only valid during the call (`NBD_CMD_WRITE`): at most 1 MiB, so that a longer write comes in
  /// several calls, the first of which may be all that the client has lived to send.
  func write(_ bytes: UnsafeRawBufferPointer, at offset: UInt64) throws(NBDRequestError)
  /// Makes a range read as zeros (`NBD_CMD_WRITE_ZEROES`); must be much faster than writing them.
  func zero(_ range: Range<UInt64>) throws(NBDRequestError)
  /// Is told that nobody needs a range's content any more (`NBD_CMD_TRIM`).
  func trim(_ range: Range<UInt64>) throws(NBDRequestError)
  /// Puts on storage what has been written until now (`NBD_CMD_FLUSH`, and the flag FUA).
  func flush() throws(NBDRequestError)
  /// What is data and what is not in the beginning of a range (`base:allocation`).
  ///
  /// - Parameters:
  ///   - range: bytes of the export.
  ///   - limit: the most extents that are wanted.
  /// - Throws: ``NBDRequestError``.
  /// - Returns: extents from the range's beginning on, without gaps; at least one.
  func extents(of range: Range<UInt64>, limit: Int) throws(NBDRequestError) -> [NBDExtent]
}

extension NBDExport {
  /// None.
  public var summary: String { "" }

  /// Nothing to do.
  public func clientAttached() {}
  /// Nothing to do.
  public func clientDetached() {}

  /// Refused.
  public func read(into buffer: UnsafeMutableRawBufferPointer, at offset: UInt64) throws(NBDRequestError) {
    throw NBDRequestError(.notSupported, "'\(name)' cannot be read")
  }

  /// All of it read into the room.
  public func pieces(
    of range: Range<UInt64>, room: () -> UnsafeMutableRawBufferPointer
  ) throws(NBDRequestError) -> [NBDPiece] {
    let buffer = room()
    try read(into: buffer, at: range.lowerBound)
    return [.data(UnsafeRawBufferPointer(buffer), owner: nil)]
  }

  /// Refused.
  public func write(_ bytes: UnsafeRawBufferPointer, at offset: UInt64) throws(NBDRequestError) {
    throw .readOnly(name)
  }

  /// Refused.
  public func zero(_ range: Range<UInt64>) throws(NBDRequestError) { throw .readOnly(name) }

  /// Refused.
  public func trim(_ range: Range<UInt64>) throws(NBDRequestError) { throw .readOnly(name) }

  /// Nothing to do where nothing is written.
  public func flush() throws(NBDRequestError) {}

  /// All data, as far as anybody knows.
  public func extents(of range: Range<UInt64>, limit: Int) throws(NBDRequestError) -> [NBDExtent] {
    [NBDExtent(length: range.upperBound - range.lowerBound, kind: .data)]
  }
}

/// A part of what a read gives.
public enum NBDPiece {
  /// Bytes that are valid as long as their owner, or the room that they are in.
  case data(UnsafeRawBufferPointer, owner: AnyObject?)
  /// So many bytes that are zero.
  case hole(Int)

  /// Bytes.
  var count: Int {
    switch self {
    case .data(let bytes, _): bytes.count
    case .hole(let count): count
    }
  }
}

/// A run of an export as `base:allocation` tells of it.
public struct NBDExtent: Equatable, Sendable {
  /// What is in a run.
  public enum Kind: Equatable, Sendable {
    /// Bytes that must be read.
    case data
    /// Nothing allocated, and it reads as zeros.
    case hole
    /// Zeros that take room.
    case zeros
  }

  /// Bytes.
  public var length: UInt64
  /// What is there.
  public var kind: Kind

  /// A run of `length` bytes.
  public init(length: UInt64, kind: Kind) {
    self.length = length
    self.kind = kind
  }
}

/// Why an export does not do what a client asked for; the client is told both.
public struct NBDRequestError: Error, Equatable, Sendable {
  /// The protocol's error numbers (doc/proto.md, "Error values").
  public enum Code: UInt32, Sendable {
    case notPermitted = 1
    case inputOutput = 5
    case outOfMemory = 12
    case invalid = 22
    case noSpace = 28
    case tooLarge = 75
    case notSupported = 95
    case shuttingDown = 108
  }

  /// The number.
  public let code: Code
  /// A sentence; clients that have not negotiated structured replies do not see it.
  public let message: String

  /// Refuses a request.
  public init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }

  static func readOnly(_ name: String) -> NBDRequestError {
    NBDRequestError(.notPermitted, "'\(name)' is read-only")
  }
}
