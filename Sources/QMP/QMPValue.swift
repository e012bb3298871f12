/// What QEMU's monitor sends and takes: any JSON value, whole numbers kept apart from fractions.
public enum QMPValue: Equatable, Sendable {
  /// `null`
  case null
  /// `true` or `false`
  case boolean(Bool)
  /// A whole number of 64 bits.
  case integer(Int64)
  /// Any other number.
  case number(Double)
  /// Text.
  case string(String)
  /// Values in order.
  case array([QMPValue])
  /// Named values.
  case object([String: QMPValue])

  /// A member of an object; nil where there is none, or where this is no object.
  public subscript(name: String) -> QMPValue? {
    guard case .object(let members) = self else { return nil }
    return members[name]
  }

  /// The text of a string.
  public var string: String? {
    guard case .string(let text) = self else { return nil }
    return text
  }

  /// A whole number.
  public var integer: Int64? {
    guard case .integer(let value) = self else { return nil }
    return value
  }

  /// A truth value.
  public var boolean: Bool? {
    guard case .boolean(let value) = self else { return nil }
    return value
  }

  /// The elements of an array; none where this is no array.
  public var elements: [QMPValue] {
    guard case .array(let elements) = self else { return [] }
    return elements
  }
}

extension QMPValue: Codable {
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if container.decodeNil() {
      self = .null
    } else if let value = try? container.decode(Bool.self) {
      self = .boolean(value)
    } else if let value = try? container.decode(Int64.self) {
      self = .integer(value)
    } else if let value = try? container.decode(Double.self) {
      self = .number(value)
    } else if let value = try? container.decode(String.self) {
      self = .string(value)
    } else if let value = try? container.decode([QMPValue].self) {
      self = .array(value)
    } else {
      self = .object(try container.decode([String: QMPValue].self))
    }
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch self {
    case .null: try container.encodeNil()
    case .boolean(let value): try container.encode(value)
    case .integer(let value): try container.encode(value)
    case .number(let value): try container.encode(value)
    case .string(let value): try container.encode(value)
    case .array(let value): try container.encode(value)
    case .object(let value): try container.encode(value)
    }
  }
}

extension QMPValue: ExpressibleByStringLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral,
  ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
  public init(stringLiteral value: String) { self = .string(value) }

  public init(booleanLiteral value: Bool) { self = .boolean(value) }

  public init(integerLiteral value: Int64) { self = .integer(value) }

  public init(arrayLiteral elements: QMPValue...) { self = .array(elements) }

  public init(dictionaryLiteral elements: (String, QMPValue)...) {
    self = .object(Dictionary(elements) { _, last in last })
  }
}
