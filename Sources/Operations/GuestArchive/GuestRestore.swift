import DiskIO
import Libvirt
import SystemPackage
import VMA
import XMLTree

/// Makes a guest of an archive again: its disks while the archive streams by, its definition, its memory.
///
/// Nothing gets its final name before the whole archive was read and its digests agreed, and no guest is defined
/// from an archive that failed. What a failure leaves is what was there before.
public final class GuestRestore {
  /// What becomes of the guest.
  public enum Ending: String, Codable, Sendable {
    /// Its disks are written, and no guest is defined.
    case disksOnly
    /// It is defined and stays off.
    case defined
    /// It is defined and boots.
    case started
    /// It goes on where the archive shows it.
    case resumed
    /// Its memory is put back, and it waits for `resume`.
    case paused
  }

  /// Where things go.
  public struct Wishes {
    /// A new name; with it UUID and MAC addresses are new too, unless the identity is kept.
    public var name: String?
    /// Whether a new name leaves UUID and MAC addresses as they are.
    public var keepsIdentity = false
    /// Where all disks go that have no path of their own; their old directories where there is none.
    public var directory: String?
    /// Paths by target.
    public var paths: [String: String] = [:]
    /// The format of the new images; as the archive says where nothing is said, and qcow2 where it says nothing.
    public var format: ImageFormat?
    /// How much of the new images' storage is taken before anything is written.
    public var preallocation = Preallocation.off
    /// What becomes of the guest; nil means defined only.
    public var ending: Ending = .defined
    /// Whether files and a guest that are in the way are replaced.
    public var replaces = false

    /// The archive's own wishes.
    public init() {}
  }

  /// What came of it.
  public struct Result: Sendable {
    /// The guest's name.
    public let name: String
    /// Its UUID; nil where no guest was defined.
    public let uuid: String?
    /// The disks in their new places.
    public let disks: [GuestDisk]
    /// The save image that holds the memory; nil once it has been put back.
    public let saveImage: String?
    /// What is known of the guest's archive; nil where it is not one of ours.
    public let guest: ArchiveManifest.Guest?
    /// What was read and what that proves; nil for plain files, of which nothing is proven.
    public let report: ArchiveReport?
  }

  let archive: any RestoreSource
  let wishes: Wishes
  let manifest: ArchiveManifest?
  private let domain: RestoredDomain
  let places: [GuestDisk]
  /// Disks that the archive does not hold, on images that were named for them.
  private let elsewhere: [GuestDisk]

  /// Reads the archive's header and decides where everything goes; nothing is touched.
  ///
  /// - Throws: ``GuestArchiveError``.
  public init(_ archive: any RestoreSource, _ wishes: Wishes) throws {
    self.archive = archive
    self.wishes = wishes
    manifest = ArchiveManifest(of: archive.header)
    guard let config = archive.header.config(named: GuestArchiveWriting.domainConfig) else {
      throw GuestArchiveError.noDomain(archive: archive.name)
    }
    if wishes.ending.needsMemory, !archive.header.devices.contains(where: \.isVMState) {
      throw GuestArchiveError.noMemory(archive: archive.name)
    }
    domain = try RestoredDomain(config.data, archive: archive.name)
    places = try Self.places(of: domain.disks, in: archive.header, manifest, wishes)
    elsewhere = try Self.elsewhere(domain.disks, than: places, wishes)
  }

  /// The name that the guest gets.
  public var name: String { wishes.name ?? domain.name }

  /// Where every disk of the archive goes.
  private static func places(
    of disks: [GuestDisk], in header: ArchiveHeader, _ manifest: ArchiveManifest?, _ wishes: Wishes
  ) throws -> [GuestDisk] {
    let held = disks.filter { disk in header.devices.contains { $0.name == disk.device } }
    if let unknown = wishes.paths.keys.sorted().first(where: { target in
      !disks.contains { $0.target == target }
    }) {
      throw GuestArchiveError.unknownTarget(target: unknown, known: held.map(\.target))
    }
    var taken: Set<String> = []
    return try held.map { disk in
      let recorded = try manifest?.disks.first { $0.device == disk.device }?.format.map {
        (format) throws(DiskIOError) in try ImageFormat(format)
      }
      let format = try wishes.format ?? recorded ?? ImageFormat("qcow2")
      let path = path(of: disk, format: format, wishes)
      guard path.hasPrefix("/"), taken.insert(path).inserted else {
        throw GuestArchiveError.noPlace(target: disk.target)
      }
      return disk.moved(to: path, format: format.name)
    }
  }

  /// Where the disks are that the archive does not hold.
  ///
  /// - Throws: ``GuestArchiveError`` for one that a guest with a new name would share with the old one.
  private static func elsewhere(_ disks: [GuestDisk], than places: [GuestDisk], _ wishes: Wishes) throws
    -> [GuestDisk]
  {
    guard wishes.ending != .disksOnly else { return [] }
    return try disks.filter { disk in !places.contains { $0.target == disk.target } }.compactMap { disk in
      if let path = wishes.paths[disk.target] {
        return disk.moved(to: path, format: wishes.format?.name ?? disk.format)
      }
      guard wishes.name == nil else {
        throw GuestArchiveError.diskElsewhere(target: disk.target, path: disk.source)
      }
      return nil
    }
  }

  private static func path(of disk: GuestDisk, format: ImageFormat, _ wishes: Wishes) -> String {
    if let path = wishes.paths[disk.target] { return path }
    guard let directory = wishes.directory else { return disk.source }
    if let name = wishes.name { return "\(directory)/\(name)-\(disk.target).\(format.name)" }
    return "\(directory)/\(FilePath(disk.source).lastComponent?.string ?? disk.target)"
  }

  /// The directory of what has no path of its own.
  var directory: String {
    wishes.directory ?? places.first.map { FilePath($0.source).removingLastComponent().string } ?? "/var/tmp"
  }

  /// Where the UEFI variables go; nil where the archive has none.
  var nvramPath: String? {
    guard let old = domain.nvramPath, manifest?.guest?.nvramDevice != nil else { return nil }
    return wishes.name == nil && wishes.directory == nil ? old : "\(directory)/\(name)_VARS.fd"
  }

  /// The definition of the guest in its new places.
  func identity() -> XMLElement {
    domain.placed(
      places + elsewhere, name: wishes.name, keepsIdentity: wishes.keepsIdentity, nvram: nvramPath)
  }
}

extension GuestRestore.Ending {
  /// Whether the archive's memory is put back.
  var needsMemory: Bool { self == .resumed || self == .paused }

  /// Whether the guest runs once its memory is back; nil leaves it to what it did in the archive.
  var resumes: Bool? {
    switch self {
    case .resumed: true
    case .paused: false
    case .disksOnly, .defined, .started: nil
    }
  }
}
