import Glibc

/// The name of a file or directory that gets its own when it is complete: `.NAME.PROCESS-RANDOM.partial`.
///
/// It tells whose it is, so that it can be found again once that process was killed.
public enum TemporaryName {
  private static let suffix = ".partial"

  /// A name that is most probably free.
  public static func new(for base: String) -> String {
    prefix(for: base, process: getpid()) + String(UInt32.random(in: 0...UInt32.max), radix: 36) + suffix
  }

  /// The process that gave this name to what was to be called `base`; nil for any other name.
  public static func process(of name: String, for base: String) -> Int32? {
    guard let dash = name.lastIndex(of: "-"), let dot = name[..<dash].lastIndex(of: "."),
      let process = Int32(name[dot...].dropFirst().prefix { $0 != "-" }), process > 0,
      name.hasPrefix(prefix(for: base, process: process)), name.hasSuffix(suffix)
    else { return nil }
    return process
  }

  /// Names may have 255 bytes; a long one is cut so that what is put around it fits.
  private static func prefix(for base: String, process: Int32) -> String {
    var kept = Substring(base)
    while kept.utf8.count > 200 { kept.removeLast() }
    return ".\(kept).\(process)-"
  }
}
