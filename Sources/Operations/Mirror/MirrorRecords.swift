import Libvirt

/// The mirror records of one domain, in its own metadata.
public enum MirrorRecords {
  /// What is mirrored for which snapshot; none for drivers that keep no metadata.
  ///
  /// - Throws: libvirt's error; `XMLError` for metadata that is no document.
  public static func read(of domain: Domain) throws -> [MirrorRecord] {
    do {
      guard let xml = try domain.metadata(namespace: MirrorRecord.namespace) else { return [] }
      return try MirrorRecord.records(inMetadata: xml)
    } catch let error as LibvirtError where error.code == .noSupport || error.code == .noDomain {
      return []
    }
  }

  /// The record of one snapshot; `nil` for one that is not mirrored.
  public static func read(of domain: Domain, snapshot: String) throws -> MirrorRecord? {
    try read(of: domain).first { $0.snapshot == snapshot }
  }

  /// Writes one snapshot's record, instead of an earlier one of its name.
  ///
  /// - Throws: libvirt's error.
  static func write(_ record: MirrorRecord, to domain: Domain) throws {
    let others = try read(of: domain).filter { $0.snapshot != record.snapshot }
    try replace(others + [record], of: domain)
  }

  /// Removes one snapshot's record; one that is not there is no error.
  ///
  /// - Throws: libvirt's error.
  public static func remove(snapshot: String, from domain: Domain) throws {
    let records = try read(of: domain)
    let others = records.filter { $0.snapshot != snapshot }
    if others.count != records.count { try replace(others, of: domain) }
  }

  private static func replace(_ records: [MirrorRecord], of domain: Domain) throws {
    var parts: [DomainPart] = []
    if try domain.isActive() { parts.append(.live) }
    if try domain.isPersistent() { parts.append(.configuration) }
    for part in parts {
      do {
        try domain.setMetadata(
          MirrorRecord.metadata(records), prefix: MirrorRecord.prefix, namespace: MirrorRecord.namespace,
          of: part)
      } catch {
        // Removing what this one of the two definitions never had is no failure.
        if records.isEmpty, error.code == .noDomainMetadata { continue }
        // The running definition goes with its guest, which may have died just now.
        let isElsewhere = records.isEmpty || parts.contains(.configuration)
        guard isElsewhere, part == .live, domain.isInactiveSoon else { throw error }
      }
    }
  }
}
