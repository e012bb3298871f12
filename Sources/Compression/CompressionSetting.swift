import Glibc

/// How new archives are compressed: `zstd[:LEVEL][,threads=N]`.
public struct CompressionSetting: Equatable, Sendable {
  /// libzstd's levels that need no `--ultra` to be read again.
  public static let levels = 1...19
  private static let threadCounts = 1...256

  /// The level, 1 (fastest) to 19 (smallest).
  public var level: Int
  /// Compressing threads, beside the one that hands data over.
  public var threads: Int

  /// zstd of this level, on as many threads.
  ///
  /// - Parameters:
  ///   - level: 1 to 19; others are brought into that range.
  ///   - threads: from 1 on; nil for as many as there are processors. The compressed bytes do not depend on it.
  public init(level: Int = 3, threads: Int? = nil) {
    self.level = min(max(level, Self.levels.lowerBound), Self.levels.upperBound)
    let wanted = threads ?? Int(clamping: sysconf(Int32(_SC_NPROCESSORS_ONLN)))
    self.threads = min(max(wanted, Self.threadCounts.lowerBound), Self.threadCounts.upperBound)
  }

  /// Reads `zstd`, `zstd:LEVEL` or either with `,threads=N` behind it.
  ///
  /// - Throws: ``CompressionError`` `.setting`.
  public init(_ text: String) throws(CompressionError) {
    let words = text.split(separator: ",", omittingEmptySubsequences: false)
    let method = words[0].split(separator: ":", omittingEmptySubsequences: false)
    guard method[0] == "zstd", method.count <= 2, words.count <= 2 else { throw .setting(text) }
    var level = 3
    if let digits = method.dropFirst().first {
      guard let number = Int(digits), Self.levels.contains(number) else { throw .setting(text) }
      level = number
    }
    var threads: Int?
    if let word = words.dropFirst().first {
      guard word.hasPrefix("threads="), let number = Int(word.dropFirst("threads=".count)),
        Self.threadCounts.contains(number)
      else { throw .setting(text) }
      threads = number
    }
    self.init(level: level, threads: threads)
  }
}
