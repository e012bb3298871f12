/// One empty extent of the trailer: its number, how many there are, and its share of the record.
struct TrailerPart: Equatable {
  let index: UInt16
  let count: UInt16
  /// At most 406 bytes; all parts but the last are full.
  let bytes: [UInt8]

  /// Splits a record into parts.
  static func split(_ record: [UInt8]) -> [TrailerPart] {
    let capacity = Layout.Integrity.partCapacity
    let count = (record.count + capacity - 1) / capacity
    return (0..<count).map { index in
      let start = index * capacity
      return TrailerPart(
        index: UInt16(index), count: UInt16(count),
        bytes: Array(record[start..<min(start + capacity, record.count)]))
    }
  }

  init(index: UInt16, count: UInt16, bytes: [UInt8]) {
    self.index = index
    self.count = count
    self.bytes = bytes
  }

  /// Reads a part out of the 59 slots of an extent, each one big-endian number of 64 bits.
  ///
  /// - Throws: ``VMAError`` when slots hold clusters, or bytes that no part has.
  init(slots: [UInt64]) throws(VMAError) {
    guard slots.allSatisfy({ $0 >> 32 & 0xFF == 0 }) else { throw VMAError(.dataInTrailer) }
    let numbers = SpareBytes(slot: slots[Layout.Integrity.digestSlot]).value
    index = UInt16(truncatingIfNeeded: numbers >> 32)
    count = UInt16(truncatingIfNeeded: numbers >> 16)
    let length = Int(UInt16(truncatingIfNeeded: numbers))
    guard length <= Layout.Integrity.partCapacity, index < count else {
      throw VMAError(.trailerMalformed("part \(index) of \(count) claims \(length) bytes"))
    }
    var payload: [UInt8] = []
    for slot in slots.prefix(Layout.Integrity.digestSlot) {
      let spare = SpareBytes(slot: slot)
      payload.append(contentsOf: [40, 32].map { UInt8(truncatingIfNeeded: spare.value >> $0) })
      payload.append(spare.tag)
      payload.append(contentsOf: [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: spare.value >> $0) })
    }
    guard payload[length...].allSatisfy({ $0 == 0 }) else {
      throw VMAError(.trailerMalformed("part \(index) holds bytes past its \(length)"))
    }
    bytes = Array(payload[..<length])
  }

  /// The 59 slots, each one big-endian number of 64 bits.
  var slots: [UInt64] {
    var padded = bytes + Array(repeating: 0, count: Layout.Integrity.partCapacity - bytes.count)
    var slots: [UInt64] = []
    while !padded.isEmpty {
      let seven = padded.prefix(Layout.Integrity.spareBytesPerSlot)
      let number = seven.reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
      // Seven bytes in the order of the slot, the device id between the third and the fourth.
      slots.append((number >> 32) << 40 | number & 0xFFFF_FFFF)
      padded.removeFirst(Layout.Integrity.spareBytesPerSlot)
    }
    let numbers = UInt64(index) << 32 | UInt64(count) << 16 | UInt64(bytes.count)
    slots.append(SpareBytes(tag: Layout.Integrity.trailerTag, value: numbers).slot)
    return slots
  }
}
