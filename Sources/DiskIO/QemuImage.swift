import FoundationEssentials

/// What `qemu-img` does for us.
public enum QemuImage {
  /// Makes `partial` an empty image of `size` bytes.
  ///
  /// - Throws: ``DiskIOError`` `.toolMissing`, `.toolFailed`.
  public static func create(
    _ partial: PartialFile, format: ImageFormat, size: UInt64, preallocation: Preallocation = .off
  ) throws(DiskIOError) {
    let path = try QemuNBD.absolute(partial.temporaryPath)
    let options = preallocation == .off ? [] : ["-o", "preallocation=\(preallocation.rawValue)"]
    _ = try run(["create", "-q", "-f", format.name] + options + ["--", path, String(size)])
  }

  /// Throws when an image of the chain has a backing file whose format would have to be guessed.
  static func requireKnownBackingFormats(path: String, format: ImageFormat) throws(DiskIOError) {
    var path = try QemuNBD.absolute(path)
    var format = format
    // Only these name a backing file; a chain longer than this is a loop.
    for _ in 0..<256 where ["qcow2", "qcow", "qed"].contains(format.name) {
      let info = try information(path: path, format: format)
      guard let backing = info.backingFile else { return }
      guard let name = info.backingFormat else {
        throw DiskIOError.backingFormatMissing(path: path, backing: backing)
      }
      // Something else than a plain file (json:, nbd:…) says itself what it is.
      guard let next = info.backingPath else { return }
      format = try ImageFormat(name)
      path = next
    }
  }

  /// What an image's header says, without a look at the images below it.
  ///
  /// Only the header is read, so an image in use is no danger here (`--force-share`).
  /// - Parameters:
  ///   - path: The image, an absolute path.
  ///   - format: Its format; never guessed.
  /// - Throws: ``DiskIOError`` `.system` (`ENOENT` for a missing file), `.notADisk`, `.toolMissing`, `.toolFailed`.
  /// - Returns: Sizes, backing file, snapshots inside.
  public static func information(
    path: String, format: ImageFormat
  ) throws(DiskIOError) -> ImageInformation {
    try requireImageFile(path)
    let output = try run(["info", "--output=json", "--force-share", "-f", format.name, "--", path])
    do {
      return try JSONDecoder().decode(ImageInformation.self, from: Data(output))
    } catch {
      throw DiskIOError.toolFailed(tool: "qemu-img", reason: "what it said about '\(path)' is not understood")
    }
  }

  /// Runs `qemu-img` and returns what it printed.
  ///
  /// - Throws: ``DiskIOError`` `.toolMissing`, `.toolFailed`.
  static func run(_ arguments: [String]) throws(DiskIOError) -> [UInt8] {
    let run = try ChildProcess.run("qemu-img", package: "qemu-utils", arguments)
    guard run.succeeded else {
      throw DiskIOError.toolFailed(tool: "qemu-img", reason: run.reason(tool: "qemu-img"))
    }
    return run.standardOutput
  }
}
