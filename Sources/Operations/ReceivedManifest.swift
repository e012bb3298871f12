import VMA

/// The configs and devices of an archive that is received: they stand before the memory stream whose length they tell.
struct ReceivedManifest {
  /// What is known of the memory stream's length.
  enum Memory {
    /// Nothing, and nothing can be told later.
    case unknown
    /// Nothing yet; room is left for it.
    case toBeRevised
    /// Bytes.
    case known(UInt64)
  }

  private let request: ArchiveReception.Request
  private let memory: Memory
  private let guest: ArchiveManifest.Guest?

  /// - Parameters:
  ///   - request: what is received.
  ///   - memory: what is known of its memory stream.
  ///   - guest: what is known of the guest.
  init(_ request: ArchiveReception.Request, memory: Memory, guest: ArchiveManifest.Guest? = nil) {
    self.request = request
    self.memory = memory
    self.guest = guest
  }

  /// The memory first, then the drives; ids from 1 on.
  func devices() throws(ArchiveOperationError) -> [ArchiveDevice] {
    var sizes = request.drives.map { ($0.name, sectors($0.size)) }
    if request.memory != nil {
      var size = sectors(request.memoryLimit)
      if case .known(let length) = memory { size = sectors(length) }
      sizes.insert((Layout.vmstateName, size), at: 0)
    }
    guard sizes.count <= Layout.deviceIDs.count else { throw .tooManyDevices(sizes.count) }
    return zip(Layout.deviceIDs, sizes).map { ArchiveDevice(id: $0, name: $1.0, size: $1.1) }
  }

  /// The configs that were given, and ``ArchiveManifest`` where none of that name was.
  func configs() throws -> [ArchiveConfig] {
    let hasManifest = request.configs.contains { $0.name == ArchiveManifest.configName }
    guard !hasManifest, request.memory != nil || guest != nil else { return request.configs }
    switch memory {
    case .unknown:
      return guest == nil ? request.configs : request.configs + [try manifest(nil).config()]
    case .toBeRevised: return request.configs + [try manifest(.max).config()]
    case .known(let length):
      let config = try manifest(length).config()
      // As long as the one before, which a header that takes its place must be; JSON does not mind blanks.
      let room = try manifest(.max).config().data.count - config.data.count
      let blanks = Array(repeating: UInt8(ascii: " "), count: max(0, room))
      return request.configs + [
        ArchiveConfig(name: config.name, data: config.data.dropLast() + blanks + config.data.suffix(1))
      ]
    }
  }

  private func manifest(_ length: UInt64?) -> ArchiveManifest {
    ArchiveManifest(
      memory: request.memory == nil ? nil : length.map { .init(device: Layout.vmstateName, length: $0) },
      disks: request.drives.map { ArchiveManifest.Disk(device: $0.name, size: sectors($0.size)) },
      guest: guest)
  }

  /// A size that an archive can hold; one that is too large is refused with the header.
  private func sectors(_ size: UInt64) -> UInt64 {
    let (padded, overflows) = size.addingReportingOverflow(UInt64(Layout.sectorSize - 1))
    return overflows ? .max : padded / UInt64(Layout.sectorSize) * UInt64(Layout.sectorSize)
  }
}
