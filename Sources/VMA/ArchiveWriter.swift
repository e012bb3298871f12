/// Writes an archive front to back, while the caller reads the next data.
///
/// The header goes out at once, so that a reader at the other end of a pipe can begin. Clusters may come in any
/// order and from several devices in turn, each exactly once; only a device named `vmstate` must come in order.
/// Memory stays below 32 MiB whatever the devices' sizes, apart from one bit for each cluster that is out of
/// order. Use it from one thread at a time; a thread of its own does the writing.
///
/// Give every cluster of every device, then call ``finish()``. After an error call ``abort()``: what was written
/// is no archive then, and removing it is the caller's part.
public final class ArchiveWriter {
  /// The header that was written, or that ``reviseHeader(_:)`` has put in its place.
  public private(set) var header: ArchiveHeader

  /// Filled buffers are handed over from this size on, in bytes; zero extents are too small for one each.
  private static let handover = 1 << 20
  /// Clusters that one call of a fill function gets, so that they are still in the cache when they are hashed.
  private static let clustersPerFill = UInt64(ZeroBlocks.clusters)

  private struct DeviceState {
    var device: ArchiveDevice
    var seen = ClusterSet()
    var storedBlocks: UInt64 = 0
    var digest = ContentDigest()
  }

  private let thread: WritingThread
  private let checksum: HeaderChecksum
  private let headerSize: Int
  private var headerChecksum: (high: UInt64, low: UInt64)
  private var states: [UInt8: DeviceState]
  private var buffer: OutputBuffer?
  private var extent: ExtentBuilder?
  private var extentDigest = ExtentDigest()
  private var extents: UInt64 = 0
  private let output: any ArchiveOutput
  private var isOpen = true

  /// Starts an archive, and returns when its header has been written.
  ///
  /// - Throws: ``VMAError`` for a header that readers refuse, or the output's error.
  public init(header: ArchiveHeader, output: some ArchiveOutput) throws {
    let encoded = try header.encoded()
    self.header = header
    self.output = output
    checksum = try HeaderChecksum()
    headerSize = encoded.count
    headerChecksum = Self.checksum(of: encoded)
    states = Dictionary(uniqueKeysWithValues: header.devices.map { ($0.id, DeviceState(device: $0)) })
    thread = try WritingThread(
      output: output, bufferCapacity: Self.handover + Layout.Extent.maximumWrittenSize)
    do {
      let first = try thread.take()
      first.bytes.copyBytes(from: encoded)
      first.count = encoded.count
      thread.write(first)
      try thread.drain()
    } catch {
      try? thread.end(dropping: true)
      throw error
    }
  }

  deinit {
    try? thread.end(dropping: true)
  }

  /// Bytes of the archive that the output has taken so far.
  public var bytesWritten: UInt64 { thread.written }

  /// Blocks of all devices that were stored so far, for whoever shows progress.
  public private(set) var storedBlocks: UInt64 = 0

  /// Appends clusters whose data `fill` puts straight into the archive's buffer.
  ///
  /// - Parameters:
  ///   - id: the device.
  ///   - clusters: the numbers of the clusters, units of 65536 bytes.
  ///   - fill: called with a buffer to fill completely and the offset in the device, in bytes, of its first
  ///     byte; as often as needed, in ascending order. The buffer ends where the device ends, and is at most 512
  ///     KiB. Its old content is undefined.
  /// - Throws: what `fill` throws, the output's error, or ``VMAError`` for a cluster past the end or given twice.
  ///   The archive cannot be completed then.
  public func appendClusters(
    device id: UInt8, clusters: Range<UInt64>,
    fill: (_ buffer: UnsafeMutableRawBufferPointer, _ offset: UInt64) throws -> Void
  ) throws {
    try appendClusters(device: id, clusters: clusters) { buffer, offset, _ in try fill(buffer, offset) }
  }

  /// The same for a source that knows of blocks that they are zero: these need not be filled, and are not looked at.
  ///
  /// - Throws: as ``appendClusters(device:clusters:fill:)``.
  public func appendClusters(
    device id: UInt8, clusters: Range<UInt64>,
    fillingAround fill: (
      _ buffer: UnsafeMutableRawBufferPointer, _ offset: UInt64, _ zeros: inout ZeroBlocks
    ) throws -> Void
  ) throws {
    try closingOnFailure {
      try claim(clusters, of: id)
      var next = clusters.lowerBound
      while next < clusters.upperBound {
        var builder = try openExtent()
        let count = min(clusters.upperBound - next, UInt64(builder.room), Self.clustersPerFill)
        try fillClusters(next..<next + count, of: id, into: &builder, fill: fill)
        extent = builder
        try closeExtentIfFull()
        next += count
      }
    }
  }

  /// Appends clusters whose data stands in memory; zero blocks are left out.
  ///
  /// - Parameters:
  ///   - id: the device.
  ///   - first: the number of the first cluster.
  ///   - bytes: whole clusters, except at the device's end; copied before the call returns.
  /// - Throws: as ``appendClusters(device:clusters:fill:)``, and for a length that is not whole clusters.
  public func appendClusters(device id: UInt8, first: UInt64, bytes: UnsafeRawBufferPointer) throws {
    let device = try state(of: id).device
    let start = first.multipliedReportingOverflow(by: UInt64(Layout.clusterSize))
    let end = start.partialValue.addingReportingOverflow(UInt64(bytes.count))
    guard !start.overflow, !end.overflow, end.partialValue <= device.size else {
      throw VMAError(.clusterPastEnd(device: device.name, cluster: first))
    }
    guard bytes.count % Layout.clusterSize == 0 || end.partialValue == device.size else {
      throw VMAError(.partialCluster(length: bytes.count))
    }
    let count = Layout.clusters(in: UInt64(bytes.count))
    try appendClusters(device: id, clusters: first..<first + count) { buffer, offset in
      buffer.copyMemory(from: bytes.slice(Int(offset - start.partialValue), buffer.count))
    }
  }

  /// Appends clusters that are known to be zero: a hole costs neither reads nor data.
  ///
  /// In a memory stream zeros are stored, because Proxmox's reader loses them otherwise.
  /// - Throws: as ``appendClusters(device:clusters:fill:)``.
  public func appendZeroClusters(device id: UInt8, clusters: Range<UInt64>) throws {
    if try state(of: id).device.isVMState {
      return try appendClusters(device: id, clusters: clusters) { buffer, _ in
        buffer.initializeMemory(as: UInt8.self, repeating: 0)
      }
    }
    try closingOnFailure {
      try claim(clusters, of: id)
      var next = clusters.lowerBound
      while next < clusters.upperBound {
        var builder = try openExtent()
        let count = min(clusters.upperBound - next, UInt64(builder.room))
        builder.takeZeroClusters(next..<next + count, of: id)
        extent = builder
        try closeExtentIfFull()
        next += count
      }
    }
  }

  /// Appends a whole memory stream of unknown length to the device `vmstate`, from its first cluster on.
  ///
  /// - Parameters:
  ///   - id: the device; its size is an upper bound of the stream's length.
  ///   - read: puts the next bytes into the buffer and returns how many, 0 at the end of the stream.
  /// - Returns: the stream's length in bytes, which the archive itself does not record: the last cluster is
  ///   filled up with zeros.
  /// - Throws: what `read` throws, the output's error, or ``VMAError`` when the stream is longer than the device.
  public func appendStream(
    device id: UInt8, read: (_ buffer: UnsafeMutableRawBufferPointer) throws -> Int
  ) throws -> UInt64 {
    let device = try state(of: id).device
    guard device.isVMState else { throw VMAError(.notAStream(device: device.name)) }
    var length: UInt64 = 0
    var cluster: UInt64 = 0
    return try withUnsafeTemporaryAllocation(
      byteCount: Int(Self.clustersPerFill) * Layout.clusterSize, alignment: 16
    ) { piece in
      while true {
        var filled = 0
        while filled < piece.count {
          let count = try read(UnsafeMutableRawBufferPointer(rebasing: piece[filled...]))
          guard count > 0 else { break }
          filled += count
        }
        guard filled > 0 else { return length }
        length += UInt64(filled)
        guard length <= device.size else {
          throw VMAError(.streamLongerThanDevice(device: device.name, size: device.size))
        }
        piece.slice(filled, piece.count - filled).initializeMemory(as: UInt8.self, repeating: 0)
        let start = cluster * UInt64(Layout.clusterSize)
        let count = Layout.clusters(in: UInt64(filled))
        try appendClusters(device: id, clusters: cluster..<cluster + count) { buffer, offset in
          buffer.copyMemory(from: UnsafeRawBufferPointer(piece).slice(Int(offset - start), buffer.count))
        }
        cluster += count
        if filled < piece.count { return length }
      }
    }
  }

  /// Puts another header in the place of the one that was written, for an output that can be written again.
  ///
  /// A memory stream's length is known only at its end. The caller writes the bytes over the beginning of the output,
  /// before or after ``finish()``, which must come later than this call.
  /// - Parameter revised: the same archive: only configs, as long as before, and the size of `vmstate` may differ.
  /// - Throws: ``VMAError`` for a header that does not fit what was written.
  /// - Returns: the bytes of the new header.
  public func reviseHeader(_ revised: ArchiveHeader) throws -> [UInt8] {
    guard isOpen else { throw VMAError(.writerClosed) }
    let encoded = try revised.encoded()
    let sameDevices =
      revised.devices.count == header.devices.count
      && zip(revised.devices, header.devices).allSatisfy { new, old in
        new == old
          || new.id == old.id && new.isVMState && old.isVMState
            && new.clusterCount >= states[old.id]?.seen.count ?? 0
      }
    guard encoded.count == headerSize, revised.uuid == header.uuid, sameDevices,
      revised.integrity == header.integrity
    else { throw VMAError(.headerNotRevisable) }
    header = revised
    headerChecksum = Self.checksum(of: encoded)
    for device in revised.devices { states[device.id]?.device = device }
    return encoded
  }

  /// The MD5 that an encoded header holds of itself.
  private static func checksum(of header: [UInt8]) -> (high: UInt64, low: UInt64) {
    header.withUnsafeBytes {
      (
        $0.bigEndian(at: Layout.Header.checksumOffset),
        $0.bigEndian(at: Layout.Header.checksumOffset + 8)
      )
    }
  }

  /// Writes the rest and the trailer, and returns when the output has flushed it all.
  ///
  /// - Throws: ``VMAError`` naming the first cluster that was never given, or the output's error. After a
  ///   missing cluster the writer goes on: give the cluster and finish again, or abort.
  public func finish() throws -> ArchiveSummary {
    guard isOpen else { throw VMAError(.writerClosed) }
    for device in header.devices {
      try checkComplete(device)
    }
    return try closingOnFailure {
      if extent != nil { try closeExtent() }
      if header.integrity == .digests { try appendTrailer() }
      if let buffer { thread.write(buffer) }
      buffer = nil
      try thread.end(dropping: false)
      isOpen = false
      do { try output.flush() } catch { throw VMAError.write(error, at: thread.written) }
      return ArchiveSummary(
        bytesWritten: thread.written, storedLength: output.storedLength, extents: extents,
        devices: header.devices.compactMap(summary))
    }
  }

  /// Gives up: drops what was not written yet and ends the writing thread.
  ///
  /// Harmless after ``finish()``. Waits for a write that is under way, so a pipe whose reader hangs can hold it up.
  public func abort() {
    isOpen = false
    buffer = nil
    extent = nil
    try? thread.end(dropping: true)
  }

  /// Ends a wait for the output, from any thread: the call that waits fails, and the archive is lost.
  ///
  /// ``abort()`` is still to be called by whoever uses the writer.
  public func interrupt() { thread.interrupt() }

  // MARK: - Clusters

  private func state(of id: UInt8) throws(VMAError) -> DeviceState {
    guard isOpen else { throw VMAError(.writerClosed) }
    guard let state = states[id] else { throw VMAError(.unknownDevice(id: id)) }
    return state
  }

  /// Marks clusters as given, after checking that they may be.
  private func claim(_ clusters: Range<UInt64>, of id: UInt8) throws(VMAError) {
    let device = try state(of: id).device
    guard clusters.upperBound <= device.clusterCount else {
      throw VMAError(
        .clusterPastEnd(device: device.name, cluster: max(clusters.lowerBound, device.clusterCount)))
    }
    guard !clusters.isEmpty else { return }
    let expected = states[id]?.seen.count ?? 0
    guard !device.isVMState || clusters.lowerBound == expected else {
      throw VMAError(.vmstateOutOfOrder(expected: expected, found: clusters.lowerBound))
    }
    let length = clusters.upperBound - clusters.lowerBound
    if let twice = states[id]?.seen.insert(first: clusters.lowerBound, length: length) {
      throw VMAError(.duplicateCluster(device: device.name, cluster: twice))
    }
  }

  private func fillClusters(
    _ run: Range<UInt64>, of id: UInt8, into builder: inout ExtentBuilder,
    fill: (UnsafeMutableRawBufferPointer, UInt64, inout ZeroBlocks) throws -> Void
  ) throws {
    guard let device = states[id]?.device else { throw VMAError(.unknownDevice(id: id)) }
    let space = builder.space(clusters: run.count)
    let offset = run.lowerBound * UInt64(Layout.clusterSize)
    let valid = Int(min(UInt64(space.count), device.size - offset))
    var zeros = ZeroBlocks()
    try fill(space.slice(0, valid), offset, &zeros)
    if device.isVMState { zeros.clear(in: space) }
    space.slice(valid, space.count - valid).initializeMemory(as: UInt8.self, repeating: 0)
    // A memory stream keeps whole clusters, because Proxmox's reader drops blocks that are not stored.
    let blocks = device.isVMState ? space.count / Layout.blockSize : Int(Layout.blocks(in: UInt64(valid)))
    var content = states[id]?.digest ?? ContentDigest()
    let stored = builder.takeClusters(
      run, of: id, validBlocks: blocks, zeros: zeros, keepsZeros: device.isVMState,
      extentDigest: &extentDigest, content: &content)
    states[id]?.digest = content
    states[id]?.storedBlocks += UInt64(stored)
    storedBlocks += UInt64(stored)
  }

  private func checkComplete(_ device: ArchiveDevice) throws(VMAError) {
    guard let seen = states[device.id]?.seen, !device.isVMState, seen.count < device.clusterCount,
      let first = seen.firstMissing(below: device.clusterCount)
    else { return }
    throw VMAError(
      .missingClusters(device: device.name, first: first, count: device.clusterCount - seen.count))
  }

  /// Runs a step, and gives the archive up when it fails: what was claimed or half written cannot be taken back.
  private func closingOnFailure<Result>(_ step: () throws -> Result) throws -> Result {
    do { return try step() } catch {
      if thread.isInterrupted { isOpen = false } else { abort() }
      throw error
    }
  }

  // MARK: - Extents

  private func openExtent() throws -> ExtentBuilder {
    if let extent { return extent }
    let space = try buffer ?? thread.take()
    buffer = space
    return ExtentBuilder(in: space)
  }

  private func closeExtentIfFull() throws {
    if extent?.room == 0 { try closeExtent() }
  }

  private func closeExtent() throws {
    guard let extent else { return }
    // Taken in any case, because it empties the list of hashes too.
    let digest = extentDigest.finish(extent: extents)
    if header.integrity == .digests {
      let spare = SpareBytes(tag: Layout.Integrity.dataTag, value: digest)
      extent.store(slot: spare.slot, at: Layout.Integrity.digestSlot)
    }
    try seal(extent)
  }

  private func appendTrailer() throws {
    let devices = states.values.sorted { $0.device.id < $1.device.id }.map {
      ArchiveTrailer.Device(id: $0.device.id, clusters: $0.seen.count, digest: $0.digest)
    }
    let trailer = ArchiveTrailer(extents: extents, headerChecksum: headerChecksum, devices: devices)
    for part in TrailerPart.split(trailer.encoded()) {
      let extent = try openExtent()
      for (index, slot) in part.slots.enumerated() { extent.store(slot: slot, at: index) }
      try seal(extent)
    }
  }

  private func seal(_ builder: ExtentBuilder) throws {
    try builder.seal(uuid: header.uuid, checksum: checksum)
    extent = nil
    extents += 1
    if builder.buffer.count >= Self.handover {
      buffer = nil
      thread.write(builder.buffer)
    }
  }

  private func summary(of device: ArchiveDevice) -> DeviceSummary? {
    guard let state = states[device.id] else { return nil }
    let blocks =
      device.isVMState
      ? state.seen.count * UInt64(Layout.blocksPerCluster) : Layout.blocks(in: device.size)
    let length =
      device.isVMState && state.seen.count != device.clusterCount
      ? state.seen.count * UInt64(Layout.clusterSize) : device.size
    return DeviceSummary(
      device: device, length: length, clusters: state.seen.count, storedBlocks: state.storedBlocks,
      zeroBlocks: blocks - state.storedBlocks, digest: state.digest)
  }
}
