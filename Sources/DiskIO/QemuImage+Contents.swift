import FoundationEssentials

/// What overlays hold of their own, and how it gets into the images below.
extension QemuImage {
  /// Whether an overlay holds anything that the images below it do not; only its tables are read.
  ///
  /// Clusters that read as zeros are something: they hide what is below. So are snapshots inside it, whose clusters are not those that
  /// the guest sees now.
  /// - Parameters:
  ///   - path: A qcow2 or qed image, which may be in use.
  ///   - format: Its format.
  /// - Returns: Whether any cluster is allocated, or anything is kept inside.
  /// - Throws: ``DiskIOError`` `.system`, `.toolMissing`, `.toolFailed`, the last where an image below cannot be opened too.
  public static func holdsData(path: String, format: ImageFormat) throws(DiskIOError) -> Bool {
    guard try information(path: path, format: format).storedSnapshots.isEmpty else { return true }
    let output = try run(["map", "--output=json", "--force-share", "-f", format.name, "--", path])
    guard let extents = try? JSONDecoder().decode([MapExtent].self, from: Data(output)) else {
      throw DiskIOError.toolFailed(
        tool: "qemu-img", reason: "what it said about the clusters of '\(path)' is not understood")
    }
    return extents.contains { $0.depth == 0 && $0.isPresent }
  }

  /// Writes all that an image and those between hold into one further down; the upper ones stay but are of no use then.
  ///
  /// No guest may use any of them. May be repeated after it was interrupted.
  /// - Parameters:
  ///   - path: The uppermost image.
  ///   - format: Its format.
  ///   - base: The image that takes everything, as the one above it names it.
  /// - Throws: ``DiskIOError`` `.toolMissing`, `.toolFailed`.
  public static func commit(
    path: String, format: ImageFormat, into base: String
  ) throws(DiskIOError) {
    _ = try run(["commit", "-q", "-d", "-b", base, "-f", format.name, "--", path])
  }

  /// Whether two images, each with all below it, give a guest the same bytes.
  ///
  /// - Parameters:
  ///   - one: An image, which may be in use.
  ///   - other: Another one.
  /// - Returns: Whether they do; a longer one that ends in zeros is the same as a shorter one.
  /// - Throws: ``DiskIOError`` `.toolMissing`, `.toolFailed`.
  public static func isSame(
    _ one: (path: String, format: ImageFormat), _ other: (path: String, format: ImageFormat)
  ) throws(DiskIOError) -> Bool {
    let run = try ChildProcess.run(
      "qemu-img", package: "qemu-utils",
      ["compare", "-q", "-U", "-f", one.format.name, "-F", other.format.name, "--", one.path, other.path])
    switch run.ending {
    case .exited(0): return true
    case .exited(1): return false
    default: throw DiskIOError.toolFailed(tool: "qemu-img", reason: run.reason(tool: "qemu-img"))
    }
  }

  /// An extent of `qemu-img map --output=json`.
  private struct MapExtent: Decodable {
    /// How far below the image it is; unallocated ones beyond a shorter image below are the image's own.
    let depth: Int
    /// Whether it is allocated in that image at all (QEMU 6.1).
    let present: Bool?
    let zero: Bool
    let data: Bool

    var isPresent: Bool { present ?? (zero || data) }
  }
}
