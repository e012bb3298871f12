/// The seven bytes of a slot with device id 0 that every reader ignores, as our format uses them.
struct SpareBytes: Equatable {
  /// Byte 2 of the slot.
  let tag: UInt8
  /// Bytes 0, 1, 4, 5, 6, 7 of the slot as one number of 48 bits, the first byte the highest.
  let value: UInt64

  init(tag: UInt8, value: UInt64) {
    self.tag = tag
    self.value = value & 0xFFFF_FFFF_FFFF
  }

  /// Reads a slot, given as one big-endian number of 64 bits.
  init(slot: UInt64) {
    tag = UInt8(truncatingIfNeeded: slot >> 40)
    value = (slot >> 48) << 32 | slot & 0xFFFF_FFFF
  }

  /// The slot as one big-endian number of 64 bits, its device id 0.
  var slot: UInt64 {
    (value >> 32) << 48 | UInt64(tag) << 40 | value & 0xFFFF_FFFF
  }
}
