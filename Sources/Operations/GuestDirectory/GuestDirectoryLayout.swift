import DiskIO

/// The names in a directory that holds a guest as plain files, those of `vma extract` too.
enum GuestDirectoryLayout {
  /// The memory stream.
  static let memory = "vmstate.bin"
  /// The formats that images in such a directory have.
  static let formats: [ImageFormat] = [.qcow2, .raw]

  /// The image of a device.
  static func image(of device: String, format: ImageFormat) -> String { "disk-\(device).\(format)" }
}
