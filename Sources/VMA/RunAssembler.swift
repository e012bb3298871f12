/// Joins blocks and zeros that adjoin in a device to runs as long as possible, and hands them to a visitor.
///
/// A run of data ends with its extent at the latest, because the extent's memory is reused; a run of zeros goes
/// on over extents.
struct RunAssembler {
  let visit: (ArchiveRun) throws -> Void
  private var pending: (device: ArchiveDevice, offset: UInt64, length: UInt64, data: UnsafeRawPointer?)?
  /// What follows the declared end of a memory stream in its last cluster, in case the stream goes on.
  private var heldBack: (device: ArchiveDevice, bytes: [UInt8])?

  init(visit: @escaping (ArchiveRun) throws -> Void) {
    self.visit = visit
  }

  /// Takes a slot that was checked, and its data.
  ///
  /// - Parameters:
  ///   - slot: the slot.
  ///   - device: the slot's device.
  ///   - data: the slot's stored blocks, one after another.
  /// - Throws: what the visitor throws.
  mutating func take(_ slot: Slot, of device: ArchiveDevice, data: UnsafeRawPointer) throws {
    let start = slot.cluster * UInt64(Layout.clusterSize)
    var end = device.size
    if device.isVMState {
      if start >= device.size {
        try releaseHeldBack()
        end = .max
      } else if start + UInt64(Layout.clusterSize) > device.size {
        holdBack(slot, of: device, data: data, from: Int(device.size - start))
      }
    }
    var next = data
    var bit = 0
    while bit < Layout.blocksPerCluster {
      let rest = slot.mask >> UInt16(bit)
      let isStored = rest & 1 == 1
      let blocks = min(
        isStored ? (~rest).trailingZeroBitCount : rest.trailingZeroBitCount, Layout.blocksPerCluster - bit)
      let length = blocks * Layout.blockSize
      let offset = start + UInt64(bit * Layout.blockSize)
      if offset < end {
        try add(device, offset, min(UInt64(length), end - offset), isStored ? next : nil)
      }
      if isStored { next += length }
      bit += blocks
    }
  }

  /// Hands out what points into the extent at hand, whose memory is about to be reused.
  mutating func endExtent() throws {
    if pending?.data != nil { try flush() }
  }

  /// Hands out the rest at the end of the archive.
  mutating func end() throws {
    try flush()
  }

  private mutating func add(
    _ device: ArchiveDevice, _ offset: UInt64, _ length: UInt64, _ data: UnsafeRawPointer?
  ) throws {
    if let before = pending, before.device.id == device.id, before.offset + before.length == offset,
      before.data.map({ $0 + Int(before.length) }) == data
    {
      pending?.length += length
      return
    }
    try flush()
    pending = (device, offset, length, data)
  }

  private mutating func flush() throws {
    guard let run = pending else { return }
    pending = nil
    let content: ArchiveRun.Content =
      if let data = run.data {
        .data(UnsafeRawBufferPointer(start: data, count: Int(run.length)))
      } else {
        .zeros(run.length)
      }
    try visit(ArchiveRun(device: run.device, offset: run.offset, content: content))
  }

  /// Keeps the cluster's bytes from `offset` on, which lie past the size that the header gives.
  private mutating func holdBack(
    _ slot: Slot, of device: ArchiveDevice, data: UnsafeRawPointer, from offset: Int
  ) {
    var cluster = [UInt8](repeating: 0, count: Layout.clusterSize)
    cluster.withUnsafeMutableBytes { bytes in
      var next = data
      for bit in 0..<Layout.blocksPerCluster where slot.mask >> UInt16(bit) & 1 == 1 {
        bytes.slice(bit * Layout.blockSize, Layout.blockSize)
          .copyMemory(from: UnsafeRawBufferPointer(start: next, count: Layout.blockSize))
        next += Layout.blockSize
      }
    }
    heldBack = (device, Array(cluster[offset...]))
  }

  private mutating func releaseHeldBack() throws {
    guard let (device, bytes) = heldBack else { return }
    heldBack = nil
    try flush()
    let visit = visit
    try bytes.withUnsafeBytes {
      try visit(ArchiveRun(device: device, offset: device.size, content: .data($0)))
    }
  }
}
