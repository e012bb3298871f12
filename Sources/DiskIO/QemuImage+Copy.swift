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

/// Making overlays.
extension QemuImage {
  /// Makes an empty qcow2 image that records another as the one below it, which is neither opened nor need be there.
  ///
  /// - Parameters:
  ///   - path: the new image, an absolute path; nothing may be there.
  ///   - size: bytes of the disk.
  ///   - backing: the name that is recorded, its format raw.
  /// - Throws: ``DiskIOError``.
  public static func createOverlay(at path: String, size: UInt64, recordedBacking backing: String)
    throws(DiskIOError)
  {
    let partial = try PartialFile(path: path)
    try createOverlay(partial, size: size, recordedBacking: backing)
    try partial.complete()
  }

  /// Makes `partial` such an image.
  public static func createOverlay(_ partial: PartialFile, size: UInt64, recordedBacking backing: String)
    throws(DiskIOError)
  {
    let path = try QemuNBD.absolute(partial.temporaryPath)
    _ = try run([
      "create", "-q", "-u", "-f", "qcow2", "-F", "raw", "-b", backing, "--", path, String(size),
    ])
  }
}
