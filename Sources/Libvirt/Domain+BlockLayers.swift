import CLibvirt

/// The images below a running guest's disks, as its hypervisor sees them.
extension Domain {
  /// The sizes of every image of every disk; without waiting for a job that holds the domain, whose images are then left out.
  ///
  /// The C function is `virDomainListGetStats` (1.2.8) with `VIR_DOMAIN_STATS_BLOCK` and
  /// `VIR_CONNECT_GET_ALL_DOMAINS_STATS_BACKING` (1.2.12).
  public func blockLayers() throws(LibvirtError) -> [BlockLayerSize] {
    let flags =
      VIR_CONNECT_GET_ALL_DOMAINS_STATS_BACKING.rawValue | VIR_CONNECT_GET_ALL_DOMAINS_STATS_NOWAIT.rawValue
    return try withHandle { (handle) throws(LibvirtError) in
      var domains: [OpaquePointer?] = [handle, nil]
      var records: UnsafeMutablePointer<virDomainStatsRecordPtr?>?
      let count = virDomainListGetStats(&domains, VIR_DOMAIN_STATS_BLOCK.rawValue, &records, flags)
      try check(count)
      defer { virDomainStatsRecordListFree(records) }
      guard count > 0, let record = records?[0] else { return [] }
      return BlockLayerSize.layers(
        in: TypedParameter.copying(record.pointee.params, count: record.pointee.nparams))
    }
  }
}

/// The sizes of one image of a running guest's disk, in bytes.
public struct BlockLayerSize: Equatable, Sendable {
  /// The disk's target.
  public let target: String
  /// The image's path; `nil` for one that is no file.
  public let path: String?
  /// libvirt's number of the image within the disk, as in `vda[2]`.
  public let index: Int?
  /// What the guest sees.
  public let capacity: UInt64?
  /// The end of what has been written.
  public let allocation: UInt64?

  /// Gathers what `block.NUMBER.FIELD` parameters say of each number.
  static func layers(in parameters: [TypedParameter]) -> [BlockLayerSize] {
    var fields: [Int: [Substring: TypedParameter]] = [:]
    for parameter in parameters {
      let parts = parameter.name.split(separator: ".", maxSplits: 2)
      guard parts.count == 3, parts[0] == "block", let number = Int(parts[1]) else { continue }
      fields[number, default: [:]][parts[2]] = parameter
    }
    return fields.sorted { $0.key < $1.key }.compactMap { _, fields in
      guard case .string(let target)? = fields["name"]?.value else { return nil }
      var path: String?
      if case .string(let text)? = fields["path"]?.value { path = text }
      return BlockLayerSize(
        target: target, path: path, index: fields["backingIndex"]?.unsigned.flatMap { Int(exactly: $0) },
        capacity: fields["capacity"]?.unsigned, allocation: fields["allocation"]?.unsigned)
    }
  }
}
