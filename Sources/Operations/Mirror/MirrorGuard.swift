import Libvirt
import XMLTree

/// Keeps from a mirrored disk what its mirror does not survive or what would part the two storages.
public enum MirrorGuard {
  /// Refuses work on a domain while any of its disks, or of those that matter, is mirrored.
  ///
  /// A record whose mirrors have all ended stands in nobody's way.
  /// - Parameters:
  ///   - domain: The domain.
  ///   - work: What was asked for, as the subject of a sentence: "a managed save".
  ///   - matters: Which records stand in the way.
  /// - Throws: ``MirrorError`` `.mirrored`, libvirt's error.
  public static func refuseWhileMirrored(
    _ domain: Domain, work: String, where matters: (MirrorRecord) -> Bool = { _ in true }
  ) throws {
    for record in try MirrorRecords.read(of: domain) where matters(record) {
      let running = try MirrorState.all(of: record, on: domain).filter { $0.state.isRunning }
      guard running.isEmpty else {
        throw MirrorError.mirrored(
          work: work, domain: domain.name, snapshot: record.snapshot, disks: running.map(\.disk.target))
      }
    }
  }

  /// Refuses work on one disk while it is mirrored.
  ///
  /// - Parameters:
  ///   - disk: Its target, or the path of an image of its chain.
  ///   - domain: The domain.
  ///   - work: What was asked for.
  /// - Throws: ``MirrorError`` `.mirrored`, libvirt's error.
  public static func refuseWhileMirrored(disk: String, of domain: Domain, work: String) throws {
    try refuseWhileMirrored(domain, work: work) { record in
      record.mirrors.contains { $0.disk.target == disk || $0.disk.overlay == disk || $0.path == disk }
    }
  }

  /// Refuses to take a mirrored disk out of its guest.
  ///
  /// - Parameters:
  ///   - xml: The device's document; one that is no disk is let by.
  ///   - domain: The domain.
  /// - Throws: ``MirrorError`` `.mirrored`, libvirt's error.
  public static func refuseUnplugging(xml: String, of domain: Domain) throws {
    guard let device = try? XMLDocument.parse(xml).root, device.name == "disk",
      let target = device.firstElement(named: "target")?.attribute("dev")
    else { return }
    try refuseWhileMirrored(disk: target, of: domain, work: "unplugging the disk")
  }

  /// Refuses a snapshot that would take a mirrored disk along.
  ///
  /// - Parameters:
  ///   - xml: The request.
  ///   - domain: The domain.
  /// - Throws: ``MirrorError`` `.mirrored`, libvirt's error.
  public static func refuseSnapshot(xml: String, of domain: Domain) throws {
    guard let leftOut = try? DisksLeftOut(xml: xml) else { return }
    try refuseWhileMirrored(domain, work: "a further snapshot of the disk") { record in
      record.mirrors.contains { !leftOut.contains($0.disk) }
    }
  }
}

extension MirrorState {
  /// Whether a job is at work.
  public var isRunning: Bool {
    switch self {
    case .ready, .catchingUp: true
    case .pivoted, .broken, .merged, .elsewhere: false
    }
  }
}
