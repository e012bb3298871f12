/// The name of an image format, as QEMU spells it; never guessed from an image's content.
///
/// A guest can write whatever it likes to the start of a raw disk, a qcow2 header with a backing file included.
public struct ImageFormat: Hashable, Sendable, CustomStringConvertible {
  /// QEMU's name of the format driver.
  public let name: String

  /// The formats that QEMU can open from a plain file (qemu-img(1), "Disk image file formats").
  public static let known = [
    "raw", "qcow2", "qcow", "qed", "vmdk", "vdi", "vhdx", "vpc", "parallels", "bochs", "cloop", "dmg",
  ]

  /// Plain bytes, one for one.
  public static let raw = ImageFormat(trusted: "raw")
  /// QEMU's copy-on-write format, version 2 or 3.
  public static let qcow2 = ImageFormat(trusted: "qcow2")

  /// Accepts one of the ``known`` names.
  ///
  /// - Throws: ``DiskIOError`` `.unknownFormat`.
  public init(_ name: String) throws(DiskIOError) {
    guard Self.known.contains(name) else { throw DiskIOError.unknownFormat(name) }
    self.name = name
  }

  private init(trusted name: String) { self.name = name }

  /// The name.
  public var description: String { name }
}
