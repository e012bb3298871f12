/// QEMU's migration stream, as far as a container of it must know.
enum MigrationStream {
  /// How an uncompressed one begins: `QEVM` and version 3, big-endian (QEMU's `QEMU_VM_FILE_MAGIC`).
  static let start: [UInt8] = [0x51, 0x45, 0x56, 0x4d, 0, 0, 0, 3]
}
