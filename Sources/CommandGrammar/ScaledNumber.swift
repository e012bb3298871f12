/// A number with a unit behind it, as virsh reads sizes and speeds: `10`, `64M`, `1GiB`, `5kB`, `512b`.
///
/// `k M G T P E` alone or with `iB` are powers of 1024, with `B` powers of 1000; case does not matter.
public struct ScaledNumber: Sendable, Equatable {
  /// The number before its unit.
  public let number: UInt64
  /// What the unit stands for; `nil` where none was written.
  public let unit: UInt64?

  /// Reads a word.
  ///
  /// - Parameter text: Digits, blanks or a plus sign before them, a unit behind.
  /// - Throws: ``ScaledNumberError``.
  public init(_ text: String) throws(ScaledNumberError) {
    var rest = Substring(text).drop { $0.isWhitespace }
    if rest.first == "+" { rest.removeFirst() }
    let digits = rest.prefix { $0.isASCII && $0.isNumber }
    guard let number = UInt64(digits) else { throw .notANumber }
    self.number = number
    let suffix = rest.dropFirst(digits.count)
    guard !suffix.isEmpty else {
      unit = nil
      return
    }
    guard let unit = Self.unit(named: suffix.lowercased()) else { throw .unknownUnit(String(suffix)) }
    self.unit = unit
    guard !number.multipliedReportingOverflow(by: unit).overflow else { throw .tooLarge(text) }
  }

  /// The whole, with a unit for numbers that come without one.
  ///
  /// - Parameter defaultUnit: What a bare number is counted in.
  /// - Returns: Number times unit; `nil` where that is more than 64 bits hold.
  public func value(defaultUnit: UInt64) -> UInt64? {
    let (value, overflow) = number.multipliedReportingOverflow(by: unit ?? defaultUnit)
    return overflow ? nil : value
  }

  private static func unit(named name: String) -> UInt64? {
    if ["b", "byte", "bytes"].contains(name) { return 1 }
    guard let letter = name.first, let exponent = Array("kmgtpe").firstIndex(of: letter) else { return nil }
    let base: UInt64
    switch name.dropFirst() {
    case "", "ib": base = 1024
    case "b": base = 1000
    default: return nil
    }
    return (0...exponent).reduce(1) { unit, _ in unit * base }
  }
}

/// Why a word is no number with a unit.
public enum ScaledNumberError: Error, Equatable, Sendable {
  case notANumber
  case unknownUnit(String)
  case tooLarge(String)

  /// libvirt's sentence, where it has one beyond the usage error.
  var reason: String? {
    switch self {
    case .notANumber: nil
    case .unknownUnit(let unit): "invalid argument: unknown suffix '\(unit)'"
    case .tooLarge(let text): "numerical overflow: value too large: \(text)"
    }
  }
}
