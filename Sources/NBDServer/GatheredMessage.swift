import Glibc

/// An answer put together of heads, bytes that stay where they are, and zeros.
struct GatheredMessage {
  private enum Part {
    case head(Range<Int>)
    case bytes(UnsafeRawBufferPointer, owner: AnyObject?)
    case zeros(Int)
  }

  /// What zeros are sent from, again and again.
  private static let zeros = [UInt8](repeating: 0, count: 256 << 10)

  private var heads: [UInt8] = []
  private var parts: [Part] = []

  mutating func append(_ head: [UInt8]) {
    heads += head
    extendHead(by: head.count)
  }

  mutating func append<Value: FixedWidthInteger>(wire value: Value) {
    heads.append(wire: value)
    extendHead(by: MemoryLayout<Value>.size)
  }

  /// Appends a piece as bytes, a hole as zeros.
  mutating func append(_ piece: NBDPiece) {
    switch piece {
    case .data(let bytes, let owner): parts.append(.bytes(bytes, owner: owner))
    case .hole(let count): parts.append(.zeros(count))
    }
  }

  private mutating func extendHead(by count: Int) {
    if case .head(let range) = parts.last {
      parts[parts.count - 1] = .head(range.lowerBound..<range.upperBound + count)
    } else {
      parts.append(.head(heads.count - count..<heads.count))
    }
  }

  /// Sends it all.
  func send(to stream: ClientStream) throws(ConnectionError) {
    var failure: ConnectionError?
    heads.withUnsafeBytes { heads in
      Self.zeros.withUnsafeBytes { zeros in
        var vectors: [iovec] = []
        func add(_ bytes: UnsafeRawBufferPointer) {
          guard !bytes.isEmpty else { return }
          vectors.append(
            iovec(iov_base: UnsafeMutableRawPointer(mutating: bytes.baseAddress), iov_len: bytes.count))
        }
        for part in parts {
          switch part {
          case .head(let range): add(UnsafeRawBufferPointer(rebasing: heads[range]))
          case .bytes(let bytes, _): add(bytes)
          case .zeros(var count):
            while count > 0 {
              let piece = min(count, zeros.count)
              add(UnsafeRawBufferPointer(rebasing: zeros[..<piece]))
              count -= piece
            }
          }
        }
        do throws(ConnectionError) { try stream.send(vectors) } catch { failure = error }
      }
    }
    withExtendedLifetime(parts) {}
    if let failure { throw failure }
  }
}
