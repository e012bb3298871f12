import CTerminalWidth
import Glibc

/// Text made fit for a terminal cell: what cannot be printed is escaped, and its width in columns is known.
///
/// Width and printability are the C library's, for UTF-8 whatever the locale, so that scripts run under
/// `LC_ALL=C` read the same table as people do.
struct PrintableText {
  /// The text with every unprintable character as `\xNN` for each of its bytes, as virsh does.
  let text: String
  /// Columns on a terminal: 2 for wide characters, 0 for combining ones.
  let width: Int

  init(_ original: String) {
    if original.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "\\") }) {
      text = original
      width = original.utf8.count
      return
    }
    let locale = uselocale(UTF8Locale.shared.locale)
    defer { uselocale(locale) }
    var text = ""
    var width = 0
    var rest = original.unicodeScalars[...]
    while let scalar = rest.popFirst() {
      // A literal "\x" is escaped too, so that every escape can be told from what looks like one.
      let looksEscaped = scalar == "\\" && rest.first == "x"
      let columns = wcwidth(wchar_t(bitPattern: scalar.value))
      if looksEscaped || columns < 0 {
        let escaped = Self.escape(scalar)
        text += escaped
        width += escaped.utf8.count
      } else {
        text.unicodeScalars.append(scalar)
        width += Int(columns)
      }
    }
    self.text = text
    self.width = width
  }

  private static func escape(_ scalar: Unicode.Scalar) -> String {
    String(scalar).utf8.map { byte in
      "\\x" + (byte < 0x10 ? "0" : "") + String(byte, radix: 16)
    }.joined()
  }
}

/// glibc's own UTF-8 locale, made once; the pointer never changes afterwards.
private final class UTF8Locale: @unchecked Sendable {
  static let shared = UTF8Locale()
  let locale: locale_t?

  private init() {
    locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", nil)
  }
}
