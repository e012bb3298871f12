extension ArchiveHeader {
  /// Reads the size of the whole header out of its first 12288 bytes, so that the rest can be read.
  ///
  /// - Throws: ``VMAError`` when the magic number is wrong or the size is absurd.
  public static func declaredSize(fixedPart bytes: [UInt8]) throws(VMAError) -> Int {
    guard bytes.starts(with: Layout.Header.magic) else {
      // A short file that is no archive at all is better told so than told that it was cut off.
      if bytes.count < 4 {
        throw VMAError(.headerTruncated(have: bytes.count, need: Layout.Header.fixedSize), at: 0)
      }
      throw VMAError(.notAnArchive, at: 0)
    }
    guard bytes.count >= Layout.Header.fixedSize else {
      throw VMAError(
        .headerTruncated(have: bytes.count, need: Layout.Header.fixedSize), at: UInt64(bytes.count))
    }
    let size = bytes.withUnsafeBytes { $0.bigEndian(at: Layout.Header.sizeOffset, as: UInt32.self) }
    guard size > UInt32(Layout.Header.fixedSize) else {
      throw VMAError(.headerSizeTooSmall(size), at: UInt64(Layout.Header.sizeOffset))
    }
    guard size <= UInt32(Layout.maximumReadHeader) else {
      throw VMAError(.headerSizeTooLarge(size), at: UInt64(Layout.Header.sizeOffset))
    }
    return Int(size)
  }

  /// Reads a whole header.
  ///
  /// Entries that Proxmox's reader passes over silently are passed over here as well: a config with only one
  /// pointer, a device without a name or without a size. Everything else that is wrong is an error.
  /// - Throws: ``VMAError`` with the offset of the field at fault.
  public init(decoding bytes: [UInt8]) throws(VMAError) {
    let size = try ArchiveHeader.declaredSize(fixedPart: bytes)
    guard bytes.count >= size else {
      throw VMAError(.headerTruncated(have: bytes.count, need: size), at: UInt64(bytes.count))
    }
    let fields = try ArchiveHeader.fixedFields(Array(bytes.prefix(size)))
    let table = try ArchiveHeader.blobTable(bytes, fields, headerSize: size)
    self.init(
      uuid: fields.uuid, creationTime: fields.creationTime,
      configs: try ArchiveHeader.configs(fields, table),
      devices: try ArchiveHeader.devices(fields, table), integrity: fields.integrity)
  }

  private struct FixedFields {
    let uuid: ArchiveUUID
    let creationTime: Int64
    let blobOffset: UInt32
    let blobSize: UInt32
    let integrity: IntegrityPromise
    var configPointers: [(name: UInt32, data: UInt32)] = []
    var devices: [(name: UInt32, size: UInt64)] = []
  }

  private static func fixedFields(_ header: [UInt8]) throws(VMAError) -> FixedFields {
    let read = header.withUnsafeBytes { bytes in
      Result { () throws(VMAError) in
        guard try HeaderChecksum().matches(bytes, fieldOffset: Layout.Header.checksumOffset) else {
          throw VMAError(.headerChecksumMismatch, at: UInt64(Layout.Header.checksumOffset))
        }
        let version: UInt32 = bytes.bigEndian(at: Layout.Header.versionOffset)
        guard version == Layout.version else {
          throw VMAError(.unsupportedVersion(version), at: UInt64(Layout.Header.versionOffset))
        }
        var fields = FixedFields(
          uuid: bytes.uuid(at: Layout.Header.uuidOffset),
          creationTime: bytes.bigEndian(at: Layout.Header.creationTimeOffset),
          blobOffset: bytes.bigEndian(at: Layout.Header.blobOffsetOffset),
          blobSize: bytes.bigEndian(at: Layout.Header.blobSizeOffset),
          integrity: IntegrityPromise(marker: bytes.bigEndian(at: Layout.Header.integrityOffset)))
        for index in 0..<Layout.maximumConfigs {
          fields.configPointers.append(
            (
              bytes.bigEndian(at: Layout.Header.configNamesOffset + 4 * index),
              bytes.bigEndian(at: Layout.Header.configDataOffset + 4 * index)
            ))
        }
        for id in 0..<Layout.Header.deviceEntries {
          let entry = Layout.Header.devicesOffset + Layout.Header.deviceEntrySize * id
          fields.devices.append(
            (bytes.bigEndian(at: entry), bytes.bigEndian(at: entry + Layout.Header.deviceSizeOffset)))
        }
        return fields
      }
    }
    return try read.get()
  }

  private static func blobTable(
    _ header: [UInt8], _ fields: FixedFields, headerSize: Int
  ) throws(VMAError) -> BlobTableReader {
    let (end, overflow) = fields.blobOffset.addingReportingOverflow(fields.blobSize)
    guard fields.blobOffset >= UInt32(Layout.Header.fixedSize), !overflow, Int(end) <= headerSize else {
      throw VMAError(
        .blobTableOutsideHeader(
          offset: fields.blobOffset, size: fields.blobSize, header: UInt32(headerSize)),
        at: UInt64(Layout.Header.blobOffsetOffset))
    }
    var pointers = Set(fields.devices.map { Int($0.name) })
    for pair in fields.configPointers { pointers.formUnion([Int(pair.name), Int(pair.data)]) }
    return try BlobTableReader(header[Int(fields.blobOffset)..<Int(end)], pointers: pointers)
  }

  private static func configs(
    _ fields: FixedFields, _ table: BlobTableReader
  ) throws(VMAError) -> [ArchiveConfig] {
    var configs: [ArchiveConfig] = []
    var seen: Set<String> = []
    for (index, pointers) in fields.configPointers.enumerated() where pointers.name != 0 && pointers.data != 0
    {
      let place = UInt64(Layout.Header.configNamesOffset + 4 * index)
      let name = try name(at: pointers.name, in: table, of: .config, index: index, place: place)
      guard let data = table.blob(at: pointers.data) else {
        throw VMAError(
          .danglingBlobPointer(.config, index: index, pointer: pointers.data),
          at: UInt64(Layout.Header.configDataOffset + 4 * index))
      }
      guard seen.insert(name).inserted else { throw VMAError(.duplicateName(.config, name), at: place) }
      configs.append(ArchiveConfig(name: name, data: Array(data)))
    }
    return configs
  }

  private static func devices(
    _ fields: FixedFields, _ table: BlobTableReader
  ) throws(VMAError) -> [ArchiveDevice] {
    var devices: [ArchiveDevice] = []
    var seen: Set<String> = []
    // Entry 0 is never used: a slot with device id 0 is an unused slot.
    for (index, entry) in fields.devices.enumerated().dropFirst() where entry.name != 0 && entry.size != 0 {
      let place = UInt64(Layout.Header.devicesOffset + Layout.Header.deviceEntrySize * index)
      let name = try name(at: entry.name, in: table, of: .device, index: index, place: place)
      guard let id = UInt8(exactly: index), Layout.deviceIDs.contains(id) else {
        throw VMAError(.deviceIDUnusable(index, name: name), at: place)
      }
      let device = ArchiveDevice(id: id, name: name, size: entry.size)
      let sizePlace = place + UInt64(Layout.Header.deviceSizeOffset)
      // The size of a memory stream is informational, so it need not be whole sectors.
      guard device.isVMState || device.size % UInt64(Layout.sectorSize) == 0 else {
        throw VMAError(.deviceSizeNotSectors(device: name, size: device.size), at: sizePlace)
      }
      guard device.size <= Layout.maximumDeviceSize else {
        throw VMAError(.deviceSizeTooLarge(device: name, size: device.size), at: sizePlace)
      }
      guard seen.insert(name).inserted else { throw VMAError(.duplicateName(.device, name), at: place) }
      devices.append(device)
    }
    return devices
  }

  private static func name(
    at pointer: UInt32, in table: BlobTableReader, of owner: NameOwner, index: Int, place: UInt64
  ) throws(VMAError) -> String {
    guard let blob = table.blob(at: pointer) else {
      throw VMAError(.danglingBlobPointer(owner, index: index, pointer: pointer), at: place)
    }
    guard blob.last == 0, !blob.dropLast().contains(0) else {
      throw VMAError(.nameNotTerminated(owner, index: index), at: UInt64(blob.startIndex))
    }
    guard let name = String(validating: blob.dropLast(), as: UTF8.self) else {
      throw VMAError(.nameNotUTF8(owner, index: index), at: UInt64(blob.startIndex))
    }
    if let problem = ArchiveName.problem(name, of: owner) {
      throw VMAError(.unsafeName(owner, name, problem: problem), at: UInt64(blob.startIndex))
    }
    return name
  }
}

extension IntegrityPromise {
  /// Reads the eight bytes at the start of the header's reserved area.
  init(marker: UInt64) {
    if marker == Layout.Integrity.headerMarker {
      self = .digests
    } else if marker >> 32 == UInt64(Layout.Integrity.headerMagic) {
      self = .unknown(version: UInt8(truncatingIfNeeded: marker >> 24))
    } else {
      self = .none
    }
  }
}
