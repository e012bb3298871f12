/// Which data of an archive somebody wants: all, none, or that of some devices.
struct DataSelection: Sendable {
  /// For each device id whether its data is wanted.
  private let wanted: [Bool]
  private let isAll: Bool

  /// - Parameters:
  ///   - depth: how deeply the archive is checked.
  ///   - devices: ids of the devices that are wanted; nil for all.
  ///   - isVisited: whether somebody gets the data.
  init(_ depth: CheckDepth, devices: Set<UInt8>?, isVisited: Bool) {
    let wantsAny = depth == .data || isVisited
    isAll = wantsAny && devices == nil
    wanted = (0...255).map { wantsAny && devices?.contains($0) ?? true }
  }

  @inline(__always)
  func wants(_ device: UInt8) -> Bool { wanted[Int(device)] }

  /// Whether the extent behind this header holds data that is wanted.
  func wants(dataOf header: UnsafeRawBufferPointer) -> Bool {
    if isAll { return true }
    return (0..<Layout.Extent.slots).contains { number in
      let slot = ExtentHeader.slot(number, of: header)
      return slot.device != 0 && slot.mask != 0 && wanted[Int(slot.device)]
    }
  }
}
