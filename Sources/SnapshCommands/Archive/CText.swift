import Glibc

/// Times and numbers as C prints them, which is what scripts written for Proxmox's tool read.
enum CText {
  /// Local time as `ctime(3)` writes it, without the newline; the seconds as a number where no calendar reaches.
  static func localTime(_ seconds: Int64) -> String {
    var moment = time_t(seconds)
    var parts = tm()
    var text = [CChar](repeating: 0, count: 64)
    // Not ctime itself: it writes past its 26 bytes for years of five digits, and an archive may claim any time.
    guard localtime_r(&moment, &parts) != nil, strftime(&text, text.count, "%a %b %e %H:%M:%S %Y", &parts) > 0
    else { return String(seconds) }
    return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  /// A number with three significant digits: `%.3g` of `printf(3)`.
  static func threeDigits(_ value: Double) -> String {
    var text = [CChar](repeating: 0, count: 64)
    _ = withVaList([value]) { vsnprintf(&text, text.count, "%.3g", $0) }
    return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}
