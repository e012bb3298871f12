import Libvirt
import XMLTree

/// Undefining a domain together with the volumes that hold its disks, in virsh's steps.
///
/// Volumes are looked for before anything is touched, because the domain's document is gone afterwards; they are
/// removed only once the domain is undefined.
public struct DomainUndefinition {
  /// Which of the domain's disks lose their volumes.
  public enum Disks: Equatable, Sendable {
    /// None of them.
    case none
    /// All that have a source.
    case all
    /// These, by target or by source.
    case named([String])
  }

  /// A disk whose volume a storage pool holds, so that it can be removed.
  public struct RemovableVolume: Sendable {
    /// The disk it belongs to.
    public let disk: DomainDisk
    fileprivate let volume: StorageVolume
  }

  /// What became of one volume.
  public enum Removal: Equatable, Sendable {
    /// It is gone.
    case removed
    /// It could not be wiped, and was left alone for that.
    case notWiped(LibvirtError)
    /// It could not be removed.
    case notRemoved(LibvirtError)
  }

  /// Why a domain cannot be undefined with its storage.
  public enum Refusal: Error, Equatable, CustomStringConvertible {
    /// A running domain uses its volumes.
    case domainIsRunning
    /// A managed save would be left without its domain.
    case managedSaveExists
    /// Disks were named that the domain does not have.
    case unknownDisks([String])

    /// virsh's words, a line each.
    public var lines: [String] {
      switch self {
      case .domainIsRunning: ["Storage volume deletion is supported only on stopped domains"]
      case .managedSaveExists: ["Refusing to undefine while domain managed save image exists"]
      case .unknownDisks(let names): names.map { "Volume '\($0)' was not found in domain's definition.\n" }
      }
    }

    /// The lines as one.
    public var description: String { lines.joined(separator: " ") }
  }

  /// The volumes that can be removed, in the order of the disks.
  public private(set) var volumes: [RemovableVolume] = []
  /// Why other disks of the choice keep theirs, in virsh's words.
  public private(set) var warnings: [String] = []
  /// Named disks that the domain does not have.
  public private(set) var unknownDisks: [String] = []

  private let domain: Domain
  private let flags: DomainUndefineFlags

  /// Looks at the domain and its disks; changes nothing.
  ///
  /// - Throws: ``Refusal/domainIsRunning``, or the error of libvirt or of its document.
  public init(of domain: Domain, _ flags: DomainUndefineFlags, removing disks: Disks) throws {
    self.domain = domain
    self.flags = flags
    guard disks != .none else { return }
    guard try !domain.isActive() else { throw Refusal.domainIsRunning }
    var names: [String]?
    if case .named(let given) = disks { names = given }
    for disk in try DomainDisk.disks(inDomainXML: domain.xml(.inactive)) {
      guard let source = disk.source else { continue }
      if let given = names {
        guard let index = given.firstIndex(where: { $0 == disk.target || $0 == source }) else { continue }
        names?.remove(at: index)
      }
      find(disk, source: source)
    }
    unknownDisks = names ?? []
  }

  private mutating func find(_ disk: DomainDisk, source: String) {
    do {
      let volume =
        if disk.type == "volume" {
          try domain.connection.storageVolume(pool: disk.pool ?? "", name: source)
        } else {
          try domain.connection.storageVolume(path: source)
        }
      volumes.append(RemovableVolume(disk: disk, volume: volume))
    } catch {
      warnings.append(
        error.code == .noStoragePool && disk.type == "volume"
          ? "Storage pool '\(disk.pool ?? "")' for volume '\(disk.target)' not found."
          : "Storage volume '\(disk.target)'(\(source)) is not managed by libvirt. Remove it manually.\n")
    }
  }

  /// Undefines the domain.
  ///
  /// - Throws: ``Refusal/managedSaveExists`` or libvirt's error; nothing has changed then.
  public func undefine() throws {
    guard unknownDisks.isEmpty else { throw Refusal.unknownDisks(unknownDisks) }
    // libvirt refuses this too; virsh asks first where no snapshot and no flag makes it leave the word to libvirt.
    if flags.isEmpty, try !domain.isActive(), try domain.hasManagedSave(), try domain.snapshotCount() == 0 {
      throw Refusal.managedSaveExists
    }
    try domain.undefine(flags)
  }

  /// Removes one of ``volumes``, after ``undefine()``.
  ///
  /// - Parameters:
  ///   - volume: The volume.
  ///   - wiping: Whether its content is overwritten first; if that fails the volume stays.
  ///   - withSnapshots: Whether snapshots inside the volume go along.
  /// - Returns: What became of it.
  public func remove(_ volume: RemovableVolume, wiping: Bool, withSnapshots: Bool) -> Removal {
    if wiping {
      do {
        try volume.volume.wipe()
      } catch {
        return .notWiped(error)
      }
    }
    do {
      try volume.volume.delete(withSnapshots: withSnapshots)
      return .removed
    } catch {
      return .notRemoved(error)
    }
  }
}
