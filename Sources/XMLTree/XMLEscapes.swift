/// Which characters must not stand raw in one kind of place, and what stands for them.
struct XMLEscapes {
  /// For each byte, whether text holding it needs a closer look.
  let table: [Bool]
  private let escaped: [UInt8: String]
  private let escapesNonASCII: Bool

  private init(_ escaped: [UInt8: String], escapesNonASCII: Bool = false) {
    // Control characters cannot be written in XML 1.0 at all, so libvirt drops them, and so do we.
    var all = Dictionary(uniqueKeysWithValues: (0..<0x20).map { (UInt8($0), "") })
    for whitespace: UInt8 in [0x09, 0x0A, 0x0D] { all[whitespace] = nil }
    all.merge(escaped) { $1 }
    self.escaped = all
    self.escapesNonASCII = escapesNonASCII
    table = (0...0xFF).map { byte in
      all[UInt8(byte)] != nil || (escapesNonASCII && byte >= 0x80)
    }
  }

  /// What to write for a character, nil for the character itself.
  func replacement(of scalar: Unicode.Scalar) -> String? {
    if let byte = UInt8(exactly: scalar.value), byte < 0x80 { return escaped[byte] }
    return escapesNonASCII ? "&#x\(String(scalar.value, radix: 16, uppercase: true));" : nil
  }

  private static let markup: [UInt8: String] = [
    UInt8(ascii: "<"): "&lt;", UInt8(ascii: ">"): "&gt;", UInt8(ascii: "&"): "&amp;",
  ]
  private static let quotes: [UInt8: String] = [
    UInt8(ascii: "\""): "&quot;", UInt8(ascii: "'"): "&apos;",
  ]
  private static let carriageReturn: [UInt8: String] = [0x0D: "&#13;"]
  private static let lineShape: [UInt8: String] = [0x09: "&#9;", 0x0A: "&#10;", 0x0D: "&#13;"]
  private static let doubleQuote: [UInt8: String] = [UInt8(ascii: "\""): "&quot;"]

  private static func all(_ parts: [UInt8: String]...) -> [UInt8: String] {
    parts.reduce(into: [:]) { $0.merge($1) { $1 } }
  }

  /// Character data as libvirt writes it (`virBufferEscapeString`).
  static let libvirtText = XMLEscapes(all(markup, quotes, carriageReturn))
  /// Attribute values as libvirt writes them, between single quotes.
  static let libvirtAttribute = XMLEscapes(all(markup, quotes, lineShape))
  /// Character data as libxml2 writes it (`xmlEscapeContent`).
  static let libxml2Text = XMLEscapes(all(markup, carriageReturn))
  /// Attribute values as libxml2 writes them for a node without a document, which is how libvirt keeps metadata: what is
  /// not ASCII becomes a reference (`xmlBufAttrSerializeTxtContent`).
  static let libxml2Attribute = XMLEscapes(all(markup, doubleQuote, lineShape), escapesNonASCII: true)
  /// Namespace names, which libxml2 writes raw; escaped where raw would not be well-formed.
  static let libxml2Namespace = XMLEscapes(all(markup, doubleQuote, lineShape))
}
