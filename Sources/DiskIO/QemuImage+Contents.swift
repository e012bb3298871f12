import FoundationEssentials

/// What overlays hold of their own, and how it gets into the images below.
extension QemuImage {
  /// Whether an overlay holds anything that the images below it do not; only its own tables are read, and none below need be there.
  ///
  /// Clusters that read as zeros are something: they hide what is below. So are snapshots inside it, whose clusters are not those that
  /// the guest sees now.
  /// - Parameters:
  ///   - path: A qcow2 or qed image, which may be in use.
  ///   - format: Its format.
  /// - Returns: Whether any cluster is allocated, or anything is kept inside.
  /// - Throws: ``DiskIOError`` `.system`, `.toolMissing`, `.toolFailed`.
  public static func holdsData(path: String, format: ImageFormat) throws(DiskIOError) -> Bool {
    guard try information(path: path, format: format).storedSnapshots.isEmpty else { return true }
    let alone = try withoutBacking(path: path, format: format)
    let output = try run(["map", "--output=json", "--force-share", "--", alone])
    guard let extents = try? JSONDecoder().decode([MapExtent].self, from: Data(output)) else {
      throw DiskIOError.toolFailed(
        tool: "qemu-img", reason: "what it said about the clusters of '\(path)' is not understood")
    }
    return extents.contains(where: \.present)
  }

  /// An image in QEMU's words for block nodes, as if it stood on nothing.
  private static func withoutBacking(path: String, format: ImageFormat) throws(DiskIOError) -> String {
    guard let name = try? JSONEncoder().encode(QemuNBD.absolute(path)) else {
      throw DiskIOError.notADisk(path: path, kind: "a file whose name is no text")
    }
    let file = String(decoding: name, as: UTF8.self)
    return #"json:{"driver":"\#(format.name)","backing":null,"file":{"filename":\#(file)}}"#
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
    /// Whether it is allocated, zeros included (QEMU 6.1).
    let present: Bool
  }
}
