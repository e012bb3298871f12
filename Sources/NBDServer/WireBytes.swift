/// Reads big-endian fields out of bytes that came from a client; every read is checked.
struct WireReader {
  private let bytes: ArraySlice<UInt8>
  private var position: Int

  init(_ bytes: [UInt8]) {
    self.bytes = bytes[...]
    position = 0
  }

  /// Whether every byte has been read.
  var isAtEnd: Bool { position == bytes.endIndex }

  /// The next number, or nil where the bytes end before.
  mutating func number<Value: FixedWidthInteger>(_ type: Value.Type) -> Value? {
    guard let field = take(MemoryLayout<Value>.size) else { return nil }
    return field.reduce(0) { $0 << 8 | Value(truncatingIfNeeded: $1) }
  }

  /// The next text behind its 32-bit length, or nil where it is cut, too long or no UTF-8.
  mutating func text() -> String? {
    guard let length = number(UInt32.self), length <= UInt32(NBDProtocol.maximumName),
      let field = take(Int(length))
    else { return nil }
    return String(validating: field, as: UTF8.self)
  }

  private mutating func take(_ count: Int) -> ArraySlice<UInt8>? {
    guard bytes.endIndex - position >= count else { return nil }
    defer { position += count }
    return bytes[position..<position + count]
  }
}

extension [UInt8] {
  /// Appends a number in network order.
  mutating func append<Value: FixedWidthInteger>(wire value: Value) {
    Swift.withUnsafeBytes(of: value.bigEndian) { append(contentsOf: $0) }
  }
}
