import FoundationEssentials

/// What overlays hold of their own, and how it gets into the images below.
extension QemuImage {
  /// Whether an overlay holds anything that the images below it do not; only its tables are read.
  ///
  /// - Parameters:
  ///   - path: A qcow2 or qed image, which may be in use.
  ///   - format: Its format.
  /// - Returns: Whether any cluster is allocated.
  /// - Throws: ``DiskIOError`` `.toolMissing`, `.toolFailed`.
  public static func holdsData(path: String, format: ImageFormat) throws(DiskIOError) -> Bool {
    // The status is 3 for leaked clusters too, as a guest that died leaves them.
    let run = try ChildProcess.run(
      "qemu-img", package: "qemu-utils",
      ["check", "--output=json", "--force-share", "-f", format.name, "--", path])
    guard let check = try? JSONDecoder().decode(Check.self, from: Data(run.standardOutput)) else {
      throw DiskIOError.toolFailed(tool: "qemu-img", reason: run.reason(tool: "qemu-img"))
    }
    return (check.allocatedClusters ?? 0) > 0
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

  private struct Check: Decodable {
    var allocatedClusters: Int?

    enum CodingKeys: String, CodingKey {
      case allocatedClusters = "allocated-clusters"
    }
  }
}
