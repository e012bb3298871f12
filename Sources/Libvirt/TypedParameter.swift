import CLibvirt

/// A named value of one of libvirt's types, as statistics and events carry them (`virTypedParameter`).
public struct TypedParameter: Equatable, Sendable {
  /// The value with its type (`virTypedParameterType`).
  public enum Value: Equatable, Sendable {
    /// `VIR_TYPED_PARAM_INT`.
    case int32(Int32)
    /// `VIR_TYPED_PARAM_UINT`.
    case uint32(UInt32)
    /// `VIR_TYPED_PARAM_LLONG`.
    case int64(Int64)
    /// `VIR_TYPED_PARAM_ULLONG`.
    case uint64(UInt64)
    /// `VIR_TYPED_PARAM_DOUBLE`.
    case double(Double)
    /// `VIR_TYPED_PARAM_BOOLEAN`.
    case boolean(Bool)
    /// `VIR_TYPED_PARAM_STRING`.
    case string(String)
  }

  /// The name, as `time_elapsed`.
  public let name: String
  /// The value.
  public let value: Value

  /// Puts the two together.
  public init(name: String, value: Value) {
    self.name = name
    self.value = value
  }

  /// The value where it is a whole number that is not negative.
  public var unsigned: UInt64? {
    switch value {
    case .int32(let number): UInt64(exactly: number)
    case .uint32(let number): UInt64(number)
    case .int64(let number): UInt64(exactly: number)
    case .uint64(let number): number
    case .double, .boolean, .string: nil
    }
  }

  /// Copies a list that stays libvirt's; values of types that libvirt has added since are left out.
  static func copying(_ list: UnsafePointer<virTypedParameter>?, count: Int32) -> [TypedParameter] {
    UnsafeBufferPointer(start: list, count: list == nil ? 0 : max(0, Int(count))).compactMap(Self.init)
  }

  private init?(_ parameter: virTypedParameter) {
    name = withUnsafeBytes(of: parameter.field) { bytes in
      String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }
    let content = parameter.value
    switch UInt32(bitPattern: parameter.type) {
    case VIR_TYPED_PARAM_INT.rawValue: value = .int32(content.i)
    case VIR_TYPED_PARAM_UINT.rawValue: value = .uint32(content.ui)
    case VIR_TYPED_PARAM_LLONG.rawValue: value = .int64(content.l)
    case VIR_TYPED_PARAM_ULLONG.rawValue: value = .uint64(content.ul)
    case VIR_TYPED_PARAM_DOUBLE.rawValue: value = .double(content.d)
    case VIR_TYPED_PARAM_BOOLEAN.rawValue: value = .boolean(content.b != 0)
    case VIR_TYPED_PARAM_STRING.rawValue: value = .string(content.s.map { String(cString: $0) } ?? "")
    default: return nil
    }
  }
}
