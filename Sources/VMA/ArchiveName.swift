/// What a name in the header belongs to; the words used in errors.
public enum NameOwner: String, Equatable, Sendable {
  /// A blob of configuration.
  case config
  /// A disk or the memory stream.
  case device
}

/// Checks that a name can safely become a file name, as `extract` makes it one.
enum ArchiveName {
  /// Why `name` is refused, or nil when it is one harmless path component.
  static func problem(_ name: String, of owner: NameOwner) -> String? {
    let limit =
      switch owner {
      case .config: Layout.maximumConfigName
      case .device: Layout.maximumDeviceName
      }
    if name.isEmpty { return "it is empty" }
    if name == "." || name == ".." { return "it names a directory" }
    if name.utf8.contains(UInt8(ascii: "/")) { return "it holds a path separator" }
    if name.unicodeScalars.contains(where: isControl) { return "it holds control characters" }
    if name.utf8.count > limit { return "it is longer than \(limit) bytes" }
    return nil
  }

  private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
    scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value)
  }

  /// The name between quotes, with whatever could confuse a terminal escaped and long names cut.
  static func quoted(_ name: String) -> String {
    let shown = name.unicodeScalars.prefix(80).map { isControl($0) ? $0.escaped(asASCII: true) : String($0) }
    return "'" + shown.joined() + (name.unicodeScalars.count > 80 ? "…'" : "'")
  }
}
