extension ArchiveHeader {
  /// The header's bytes, checksum included: a multiple of 512, at most 512 KiB.
  ///
  /// Blobs are laid out as Proxmox's writer does: name and data of each config, then the names of the devices
  /// in the order of their ids.
  /// - Throws: ``VMAError`` when a name, a size or a count is one that readers refuse.
  public func encoded() throws(VMAError) -> [UInt8] {
    try check()
    guard configs.count <= Layout.maximumConfigs else { throw VMAError(.tooManyConfigs(configs.count)) }
    var table = BlobTable()
    var configPointers: [(name: UInt32, data: UInt32)] = []
    for config in configs {
      guard config.data.count <= Layout.maximumBlob else {
        throw VMAError(.configTooLarge(name: config.name, size: config.data.count))
      }
      configPointers.append((table.append(name: config.name), table.append(config.data)))
    }
    let ordered = devices.sorted { $0.id < $1.id }
    let namePointers = ordered.map { table.append(name: $0.name) }
    let padded = (table.bytes.count + Layout.sectorSize - 1) / Layout.sectorSize * Layout.sectorSize
    let size = Layout.Header.fixedSize + padded
    guard size <= Layout.maximumWrittenHeader else { throw VMAError(.headerTooLarge(size)) }

    var header = [UInt8](repeating: 0, count: size)
    header.replaceSubrange(0..<4, with: Layout.Header.magic)
    header.replaceSubrange(
      Layout.Header.fixedSize..<Layout.Header.fixedSize + table.bytes.count, with: table.bytes)
    let sealed = header.withUnsafeMutableBytes { bytes -> Result<Void, VMAError> in
      bytes.storeBigEndian(Layout.version, at: Layout.Header.versionOffset)
      bytes.store(uuid, at: Layout.Header.uuidOffset)
      bytes.storeBigEndian(creationTime, at: Layout.Header.creationTimeOffset)
      bytes.storeBigEndian(UInt32(Layout.Header.fixedSize), at: Layout.Header.blobOffsetOffset)
      bytes.storeBigEndian(UInt32(table.bytes.count), at: Layout.Header.blobSizeOffset)
      bytes.storeBigEndian(UInt32(size), at: Layout.Header.sizeOffset)
      if integrity == .digests {
        bytes.storeBigEndian(Layout.Integrity.headerMarker, at: Layout.Header.integrityOffset)
      }
      for (index, pointers) in configPointers.enumerated() {
        bytes.storeBigEndian(pointers.name, at: Layout.Header.configNamesOffset + 4 * index)
        bytes.storeBigEndian(pointers.data, at: Layout.Header.configDataOffset + 4 * index)
      }
      for (device, pointer) in zip(ordered, namePointers) {
        let entry = Layout.Header.devicesOffset + Layout.Header.deviceEntrySize * Int(device.id)
        bytes.storeBigEndian(pointer, at: entry)
        bytes.storeBigEndian(device.size, at: entry + Layout.Header.deviceSizeOffset)
      }
      return Result { () throws(VMAError) in
        try HeaderChecksum().seal(bytes, fieldOffset: Layout.Header.checksumOffset)
      }
    }
    try sealed.get()
    return header
  }

  /// Checks names, ids and sizes, as far as the model can be wrong in itself.
  private func check() throws(VMAError) {
    if case .unknown = integrity { throw VMAError(.integrityNotWritable) }
    try ArchiveHeader.checkNames(configs.map(\.name), of: .config)
    try ArchiveHeader.checkNames(devices.map(\.name), of: .device)
    var ids: Set<UInt8> = []
    for device in devices {
      guard Layout.deviceIDs.contains(device.id) else {
        throw VMAError(.deviceIDUnusable(Int(device.id), name: device.name))
      }
      guard ids.insert(device.id).inserted else { throw VMAError(.duplicateDeviceID(device.id)) }
      guard device.size > 0 else { throw VMAError(.deviceSizeZero(device: device.name)) }
      guard device.size % UInt64(Layout.sectorSize) == 0 else {
        throw VMAError(.deviceSizeNotSectors(device: device.name, size: device.size))
      }
      guard device.size <= Layout.maximumDeviceSize else {
        throw VMAError(.deviceSizeTooLarge(device: device.name, size: device.size))
      }
    }
  }

  private static func checkNames(_ names: [String], of owner: NameOwner) throws(VMAError) {
    var seen: Set<String> = []
    for name in names {
      if let problem = ArchiveName.problem(name, of: owner) {
        throw VMAError(.unsafeName(owner, name, problem: problem))
      }
      guard seen.insert(name).inserted else { throw VMAError(.duplicateName(owner, name)) }
    }
  }
}
