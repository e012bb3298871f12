/// How a file is compressed, told by its first bytes and never by its name.
public enum CompressionFormat: String, CaseIterable, Sendable {
  /// RFC 8878.
  case zstd
  /// RFC 1952.
  case gzip
  /// lzop's container of LZO.
  case lzop
  /// bzip2.
  case bzip2
  /// xz.
  case xz
  /// LZ4's frame format.
  case lz4

  /// As many bytes as tell all of the formats apart.
  public static let recognisableLength = 6

  /// The format that begins with these bytes; nil for what is not compressed, or in a way that is not known.
  ///
  /// - Parameter start: the first bytes of a file; ``recognisableLength`` where it has so many.
  public init?(startingWith start: some Collection<UInt8>) {
    let found = Self.allCases.first { format in
      format.magics.contains { start.starts(with: $0) }
    }
    // A zstd stream may also begin with a skippable frame, whose magic numbers are sixteen.
    let isSkippable =
      start.count >= 4 && start.first.map { (0x50...0x5F).contains($0) } == true
      && start.dropFirst().starts(with: [0x2A, 0x4D, 0x18])
    guard let format = found ?? (isSkippable ? .zstd : nil) else { return nil }
    self = format
  }

  private var magics: [[UInt8]] {
    switch self {
    case .zstd: [[0x28, 0xB5, 0x2F, 0xFD]]
    case .gzip: [[0x1F, 0x8B]]
    case .lzop: [[0x89, 0x4C, 0x5A, 0x4F, 0x00]]
    case .bzip2: [[0x42, 0x5A, 0x68]]
    case .xz: [[0xFD, 0x37, 0x7A, 0x58, 0x5A, 0x00]]
    case .lz4: [[0x04, 0x22, 0x4D, 0x18]]
    }
  }

  /// The program, of a Debian package of the same name, that snapsh lets decompress it; nil for formats that it decompresses
  /// itself or not at all.
  public var program: String? {
    switch self {
    case .gzip, .lzop, .bzip2: rawValue
    case .zstd, .xz, .lz4: nil
    }
  }

  /// What Proxmox VE wants at the end of the name of an archive; nil for formats that it does not know.
  public var proxmoxExtension: String? {
    switch self {
    case .zstd: "zst"
    case .gzip: "gz"
    case .lzop: "lzo"
    case .bzip2: "bz2"
    case .xz, .lz4: nil
    }
  }

  /// The command that writes the plain bytes to standard output.
  public var decompressor: String {
    switch self {
    case .zstd: "zstd -dc"
    case .gzip: "gzip -dc"
    case .lzop: "lzop -dc"
    case .bzip2: "bzip2 -dc"
    case .xz: "xz -dc"
    case .lz4: "lz4 -dc"
    }
  }
}
