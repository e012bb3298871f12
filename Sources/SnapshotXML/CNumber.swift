/// Whole numbers as C's `strtol` family reads them, which is how libvirt reads those of its documents.
///
/// Leading whitespace and a plus sign are taken; anything behind the digits is not, nor is a number that does not fit.
enum CNumber {
  /// A signed number in decimal (`virStrToLong_ll`).
  static func signed(_ text: String) -> Int64? {
    let (isNegative, digits) = split(text)
    guard isDecimal(digits) else { return nil }
    return Int64((isNegative ? "-" : "") + digits)
  }

  /// An unsigned number in decimal, without a minus sign (`virStrToLong_ullp`).
  static func unsigned(_ text: String) -> UInt64? {
    let (isNegative, digits) = split(text)
    guard !isNegative, isDecimal(digits) else { return nil }
    return UInt64(digits)
  }

  /// An unsigned number in decimal, where a minus sign counts down from the top (`virStrToLong_ull`).
  static func wrapping(_ text: String) -> UInt64? {
    let (isNegative, digits) = split(text)
    guard isDecimal(digits), let value = UInt64(digits) else { return nil }
    return isNegative ? 0 &- value : value
  }

  /// An unsigned 32-bit number; with `anyBase` also in hexadecimal after `0x` and in octal after `0`.
  static func unsigned32(_ text: String, anyBase: Bool = false) -> UInt32? {
    guard anyBase else { return unsigned(text).flatMap { UInt32(exactly: $0) } }
    let (isNegative, digits) = split(text)
    guard !isNegative else { return nil }
    if digits.hasPrefix("0x") || digits.hasPrefix("0X") { return value(digits.dropFirst(2), radix: 16) }
    if digits.hasPrefix("0") { return value(digits, radix: 8) }
    return value(digits, radix: 10)
  }

  private static func value(_ digits: Substring, radix: Int) -> UInt32? {
    // Swift's initialiser would take a sign here.
    guard let first = digits.utf8.first, first != UInt8(ascii: "+"), first != UInt8(ascii: "-") else {
      return nil
    }
    return UInt32(digits, radix: radix)
  }

  private static func split(_ text: String) -> (isNegative: Bool, digits: Substring) {
    var rest = text[...]
    while let first = rest.unicodeScalars.first, isSpace(first) { rest = rest.dropFirstScalar() }
    guard let sign = rest.unicodeScalars.first, sign == "-" || sign == "+" else { return (false, rest) }
    return (sign == "-", rest.dropFirstScalar())
  }

  private static func isDecimal(_ digits: Substring) -> Bool {
    !digits.isEmpty && digits.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
  }

  /// C's `isspace`.
  static func isSpace(_ scalar: Unicode.Scalar) -> Bool {
    scalar == " " || (scalar.value >= 0x09 && scalar.value <= 0x0D)
  }

  /// The factor of a unit such as `KiB`, `kB`, `M` or `bytes` (`virScaleInteger`); nil for an unknown one.
  static func factor(ofUnit unit: String) -> UInt64? {
    let name = unit.lowercased()
    if ["", "b", "byte", "bytes"].contains(name) { return 1 }
    guard let letter = name.first, let power = "kmgtpe".firstIndex(of: letter) else { return nil }
    let base: UInt64
    switch name.dropFirst() {
    case "", "ib": base = 1024
    case "b": base = 1000
    default: return nil
    }
    let exponent = "kmgtpe".distance(from: "kmgtpe".startIndex, to: power) + 1
    return (0..<exponent).reduce(1) { product, _ in product * base }
  }
}

extension Substring {
  fileprivate func dropFirstScalar() -> Substring {
    self[unicodeScalars.index(after: startIndex)...]
  }
}
