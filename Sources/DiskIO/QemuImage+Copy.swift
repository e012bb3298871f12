/// Copying images while a guest reads them.
extension QemuImage {
  /// Copies what an image holds onto one that is there already, empty and of the same size; holes stay holes.
  ///
  /// The source may be open in a guest that does not write to it (`convert -n -U`).
  /// - Parameters:
  ///   - source: The image, an absolute path, and its format.
  ///   - destination: The empty image and its format.
  ///   - backing: The image below the destination: only what the source itself holds is copied, not what is below it.
  ///     `nil` copies the whole chain.
  ///   - bytesPerSecond: The most that is written; `nil` for no limit.
  /// - Throws: ``DiskIOError`` `.toolMissing`, `.toolFailed`.
  public static func copy(
    from source: (path: String, format: ImageFormat), onto destination: (path: String, format: ImageFormat),
    above backing: (path: String, format: ImageFormat)?, bytesPerSecond: UInt64? = nil
  ) throws(DiskIOError) {
    var arguments = ["convert", "-n", "-U", "-f", source.format.name, "-O", destination.format.name]
    if let bytesPerSecond { arguments += ["-r", String(bytesPerSecond)] }
    if let backing {
      arguments += ["-B", backing.path, "-F", backing.format.name]
    } else {
      // Said by us, because we have just made it: nothing has to be written where the source holds nothing.
      arguments.append("--target-is-zero")
    }
    _ = try run(arguments + ["--", source.path, destination.path])
  }
}
