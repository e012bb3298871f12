import FoundationEssentials

/// What `qemu-img` does for us.
public enum QemuImage {
  /// Makes `partial` an empty image of `size` bytes.
  ///
  /// - Throws: ``DiskIOError`` `.toolMissing`, `.toolFailed`.
  public static func create(_ partial: PartialFile, format: ImageFormat, size: UInt64) throws(DiskIOError) {
    let path = try QemuNBD.absolute(partial.temporaryPath)
    let run = try ChildProcess.run(
      "qemu-img", package: "qemu-utils", ["create", "-q", "-f", format.name, "--", path, String(size)])
    guard run.succeeded else {
      throw DiskIOError.toolFailed(tool: "qemu-img", reason: run.reason(tool: "qemu-img"))
    }
  }

  /// Throws when an image of the chain has a backing file whose format would have to be guessed.
  static func requireKnownBackingFormats(path: String, format: ImageFormat) throws(DiskIOError) {
    var path = try QemuNBD.absolute(path)
    var format = format
    // Only these name a backing file; a chain longer than this is a loop.
    for _ in 0..<256 where ["qcow2", "qcow", "qed"].contains(format.name) {
      let info = try information(path: path, format: format)
      guard let backing = info.backingFilename else { return }
      guard let name = info.backingFilenameFormat else {
        throw DiskIOError.backingFormatMissing(path: path, backing: backing)
      }
      // Something else than a plain file (json:, nbd:…) says itself what it is.
      guard let next = info.fullBackingFilename ?? info.backingFilename, next.hasPrefix("/") else { return }
      format = try ImageFormat(name)
      path = next
    }
  }

  private struct Information: Decodable {
    var backingFilename: String?
    var fullBackingFilename: String?
    var backingFilenameFormat: String?

    enum CodingKeys: String, CodingKey {
      case backingFilename = "backing-filename"
      case fullBackingFilename = "full-backing-filename"
      case backingFilenameFormat = "backing-filename-format"
    }
  }

  private static func information(path: String, format: ImageFormat) throws(DiskIOError) -> Information {
    // Only the header is read, so an image in use is no danger here (--force-share); reading its data is refused later.
    let run = try ChildProcess.run(
      "qemu-img", package: "qemu-utils",
      ["info", "--output=json", "--force-share", "-f", format.name, "--", path])
    guard run.succeeded else {
      throw DiskIOError.toolFailed(tool: "qemu-img", reason: run.reason(tool: "qemu-img"))
    }
    do {
      return try JSONDecoder().decode(Information.self, from: Data(run.standardOutput))
    } catch {
      throw DiskIOError.toolFailed(tool: "qemu-img", reason: "what it said about '\(path)' is not understood")
    }
  }
}
