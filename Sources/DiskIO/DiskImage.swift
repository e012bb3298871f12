/// A disk image file by path and format: where sources and targets come from.
public enum DiskImage {
  /// Opens an image for reading: raw ones directly, all others through `qemu-nbd`.
  ///
  /// The path is only ever a path: `json:{…}`, `nbd:…` and the like are names of files.
  /// - Throws: ``DiskIOError``.
  public static func open(path: String, format: ImageFormat) throws(DiskIOError) -> any DiskSource {
    format == .raw ? try RawImage(path: path) : try QemuNBD.source(path: path, format: format)
  }

  /// Makes `partial` a new image that reads as zeros, and opens it for writing.
  ///
  /// - Parameters:
  ///   - partial: the empty file.
  ///   - format: what it becomes.
  ///   - size: bytes of the disk.
  ///   - preallocation: how much of its storage is taken at once; formats other than raw and qcow2 know `.off` only.
  /// - Throws: ``DiskIOError``.
  /// - Returns: the open target.
  public static func create(
    _ partial: PartialFile, format: ImageFormat, size: UInt64, preallocation: Preallocation = .off
  ) throws(DiskIOError) -> any DiskTarget {
    if format == .raw { return try RawImageTarget(partial, size: size, preallocation: preallocation) }
    try QemuImage.create(partial, format: format, size: size, preallocation: preallocation)
    return try QemuNBD.target(path: partial.temporaryPath, format: format, isKnownZero: true)
  }

  /// Opens an image or block device that exists, to be written over.
  ///
  /// - Parameters:
  ///   - path: the image.
  ///   - format: its format.
  ///   - isKnownZero: whether it reads as zeros, so that zeros need not be written.
  /// - Throws: ``DiskIOError``.
  /// - Returns: the open target.
  public static func openTarget(path: String, format: ImageFormat, isKnownZero: Bool) throws(DiskIOError)
    -> any DiskTarget
  {
    format == .raw
      ? try RawImageTarget(existing: path, isKnownZero: isKnownZero)
      : try QemuNBD.target(path: path, format: format, isKnownZero: isKnownZero)
  }
}
