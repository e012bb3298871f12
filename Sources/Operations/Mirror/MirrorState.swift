import Libvirt

/// How one mirrored disk stands, told from its job and from the guest's chain.
public enum MirrorState: Equatable, Sendable {
  /// The job copies what is not yet on both sides; whole percents done.
  case catchingUp(percent: Int)
  /// Both sides hold the same.
  case ready
  /// The guest has gone over to the second storage.
  case pivoted
  /// The guest is on the overlay and no job mirrors it any more.
  case broken
  /// The overlay has been merged back, by an end that has more to do.
  case merged
  /// The disk is on an image that the record does not name; its path, where it has one.
  case elsewhere(String?)

  /// How a disk of a record stands now.
  ///
  /// - Throws: libvirt's error, `XMLError`.
  public init(of disk: MirrorRecord.Disk, on domain: Domain) throws {
    let chains = try DiskChain.chains(inDomainXML: domain.xml())
    self = try Self.of(
      disk, isBeingMerged: false, chain: chains.first { $0.target == disk.target }, on: domain)
  }

  /// How the mirrored disks of a record stand now, in its order.
  ///
  /// - Throws: libvirt's error, `XMLError`.
  public static func all(
    of record: MirrorRecord, on domain: Domain
  ) throws -> [(disk: MirrorRecord.Disk, path: String, state: MirrorState)] {
    let chains = try DiskChain.chains(inDomainXML: domain.xml())
    return try record.mirrors.map { disk, path in
      let chain = chains.first { $0.target == disk.target }
      return (disk, path, try of(disk, isBeingMerged: record.isBeingMerged, chain: chain, on: domain))
    }
  }

  private static func of(
    _ disk: MirrorRecord.Disk, isBeingMerged: Bool, chain: DiskChain?, on domain: Domain
  ) throws -> MirrorState {
    guard let top = chain?.top?.path else { return .elsewhere(nil) }
    if top == disk.mirror { return .pivoted }
    guard top == disk.overlay else {
      return isBeingMerged && top == disk.base.path ? .merged : .elsewhere(top)
    }
    guard let job = chain?.mirror, job.images.first?.path == disk.mirror else { return .broken }
    if job.isReady { return .ready }
    // The job may end between the two questions; the next look tells.
    guard let info = try domain.blockJob(on: disk.target) else { return .catchingUp(percent: 0) }
    let percent =
      info.end == 0
      ? 0 : DiskProgress(target: disk.target, completed: info.current, total: info.end).percent
    return .catchingUp(percent: min(percent, 99))
  }
}

extension MirrorState: CustomStringConvertible {
  public var description: String {
    switch self {
    case .catchingUp(let percent): "catching up, \(percent) %"
    case .ready: "ready"
    case .pivoted: "pivoted"
    case .broken: "broken"
    case .merged: "merged back"
    case .elsewhere(let path): path.map { "moved to \($0)" } ?? "gone"
    }
  }
}
