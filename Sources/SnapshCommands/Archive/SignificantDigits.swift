import Glibc

extension Double {
  /// The number with three significant digits, as `%.3g` of `printf(3)` writes it.
  var threeDigits: String {
    var text = [UInt8](repeating: 0, count: 64)
    let length = withVaList([self]) { arguments in
      text.withUnsafeMutableBytes { bytes in
        vsnprintf(bytes.baseAddress?.assumingMemoryBound(to: CChar.self), bytes.count, "%.3g", arguments)
      }
    }
    return String(decoding: text.prefix(Int(max(0, length))), as: UTF8.self)
  }
}
