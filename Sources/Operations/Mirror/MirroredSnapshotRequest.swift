import DiskIO
import Glibc
import Libvirt
import SnapshotXML
import XMLTree

/// A wish for a mirrored snapshot laid beside the running guest: every path filled in, every reason against it found.
///
/// Touches nothing.
public struct MirroredSnapshotRequest {
  /// What the operation works from, in this process and in any that comes after it.
  public let parameters: MirroredSnapshot.Parameters

  /// Whether a snapshot request asks for a mirror; a text that is no document asks for none.
  ///
  /// libvirt would drop the element without a word.
  public static func asksForMirror(xml: String) -> Bool {
    guard let root = try? XMLDocument.parse(xml).root else { return false }
    return root.elements(named: "disks").flatMap { $0.elements(named: "disk") }
      .contains { $0.firstElement(named: "mirror") != nil }
  }

  /// Checks a request against a domain.
  ///
  /// - Parameters:
  ///   - xml: The `<domainsnapshot>` document.
  ///   - flags: As `virDomainSnapshotCreateXML` takes them; `.diskOnly` is implied unless memory is asked for.
  ///   - domain: The domain.
  ///   - bandwidth: Bytes/s that each mirror may move while it catches up; `nil` for no limit.
  /// - Throws: ``MirrorError``, `SnapshotXMLError`, libvirt's error.
  public init(
    xml: String, _ flags: SnapshotCreateFlags, on domain: Domain, bandwidth: UInt64? = nil
  ) throws {
    var document = try SnapshotDocument(XMLDocument.parse(xml), mode: .create, allowMirrors: true)
    if let disk = document.disks.first(where: { $0.mirror != nil }), try domain.connection.driver() != "QEMU"
    {
      throw LibvirtError.mirroringUnsupported(disk: disk.name)
    }
    try Self.check(flags, memory: document.memory)
    guard try domain.isActive() else {
      throw MirrorError.refused(
        "domain '\(domain.name)' is shut off, and a mirror needs the running guest that writes to both storages: "
          + "start it first, or copy the images with qemu-img while it is off")
    }
    let name = document.name ?? String(time(nil))
    document.name = name
    try Self.checkName(name, of: domain)
    let domainXML = try domain.xml()
    let chains = try DiskChain.chains(inDomainXML: domainXML)
    let storage = try StorageCheck(domainXML: domainXML)
    let reuses = flags.contains(.reuseExternal)
    let wishes = try MirrorWishes(document.disks, chains: chains, snapshot: name)
    for disk in wishes.disks {
      try Self.checkJobs(of: disk.chain, on: domain)
      try MirrorFileCheck(disk: disk, chains: chains, reuses: reuses, storage: storage).run()
    }
    try wishes.refuseSharedFiles()
    document.disks = wishes.documentDisks
    var sent = flags
    if document.memory?.location != .external { sent.insert(.diskOnly) }
    parameters = MirroredSnapshot.Parameters(
      snapshot: name, xml: document.text(), flags: sent.rawValue, memoryFile: document.memory?.file,
      bandwidth: bandwidth, disks: wishes.disks.map { $0.parameters(reuses: reuses) })
  }

  private static func check(_ flags: SnapshotCreateFlags, memory: SnapshotMemory?) throws(MirrorError) {
    if memory?.location == .internal {
      throw .refused(
        "a mirrored snapshot is external, and memory inside an image is not: name a file with --memspec, or take "
          + "the disks alone with --disk-only")
    }
    if flags.contains(.noMetadata) {
      throw .refused(
        "--no-metadata would leave a mirror that no snapshot names and nobody could end: leave the option out"
      )
    }
    if flags.contains(.halt) {
      throw .refused("--halt would end the mirror with the guest: leave out the option or the mirror")
    }
    if flags.contains(.redefine) {
      throw .refused(
        "--redefine only writes down what was, and starts no mirror: take <mirror> out of the document")
    }
  }

  private static func checkName(_ name: String, of domain: Domain) throws {
    if name.contains("/") || name.hasPrefix(".") {
      throw MirrorError.refused("a snapshot's name has no '/' and does not begin with '.': '\(name)'")
    }
    if try domain.existingSnapshot(named: name) != nil {
      throw MirrorError.refused(
        "domain '\(domain.name)' has a snapshot '\(name)' already: choose another name")
    }
  }

  static func checkJobs(of chain: DiskChain, on domain: Domain) throws {
    if let record = try MirrorRecords.read(of: domain).first(where: { record in
      chain.mirror != nil && record.mirrors.contains { $0.disk.target == chain.target }
    }) {
      throw MirrorError.mirrored(
        work: "a further snapshot of disk '\(chain.target)'", domain: domain.name,
        snapshot: record.snapshot, disks: record.mirrors.map(\.disk.target))
    }
    if let job = chain.mirror?.job {
      throw MirrorError.busy(disk: chain.target, domain: domain.name, job: job)
    }
    if let job = try domain.blockJob(on: chain.target) {
      throw MirrorError.busy(disk: chain.target, domain: domain.name, job: "\(job.kind)")
    }
  }
}

/// The disks of a request, each beside the guest's own.
struct MirrorWishes {
  /// One disk that gets an overlay, and perhaps a mirror.
  struct Disk {
    /// The request's element, with the overlay's path and format filled in.
    var element: SnapshotDisk
    let chain: DiskChain
    let base: DiskChain.Image
    let overlay: String
    let format: String
    var mirror: String? { element.mirror }

    func parameters(reuses: Bool) -> MirroredSnapshot.Parameters.Disk {
      .init(
        target: chain.target, base: base, overlay: overlay, mirror: mirror, format: format,
        reusesFiles: reuses)
    }
  }

  /// Those that get an overlay.
  private(set) var disks: [Disk] = []
  /// Those that the snapshot leaves alone, named so that libvirt does too.
  private var others: [SnapshotDisk] = []

  var documentDisks: [SnapshotDisk] {
    disks.map { disk in
      var element = disk.element
      element.mirror = nil
      return element
    } + others
  }

  init(_ requested: [SnapshotDisk], chains: [DiskChain], snapshot: String) throws(MirrorError) {
    for element in requested
    where !chains.contains(where: { $0.target == element.name || $0.top?.path == element.name }) {
      throw .refused("the domain has no disk '\(element.name)'; 'domblklist' lists them")
    }
    for chain in chains {
      let wish = requested.first { $0.name == chain.target || $0.name == chain.top?.path }
      let location =
        wish?.location ?? (wish != nil || chain.takesPartInSnapshots ? .external : SnapshotLocation.no)
      guard location == .external else {
        if location != .no {
          throw .refused(
            "disk '\(chain.target)': a mirrored snapshot is external for all its disks, not "
              + "\(location.rawValue); leave the disk out with snapshot=no")
        }
        others.append(SnapshotDisk(name: chain.target, location: .no))
        continue
      }
      // An empty drive that nobody named has nothing to be taken.
      if chain.images.isEmpty, wish == nil, chain.device != "disk" { continue }
      disks.append(try Self.disk(wish, chain: chain, snapshot: snapshot))
    }
  }

  private static func disk(
    _ wish: SnapshotDisk?, chain: DiskChain, snapshot: String
  ) throws(MirrorError) -> Disk {
    guard let base = chain.top else {
      throw .refused(
        "disk '\(chain.target)' is on storage of type '\(chain.type)', which has no path to put an overlay on: "
          + "leave it out with snapshot=no")
    }
    var element = wish ?? SnapshotDisk(name: chain.target)
    element.name = chain.target
    element.location = .external
    let format = element.format ?? .qcow2
    guard format == .qcow2 || format == .qed else {
      throw .refused(
        "disk '\(chain.target)': overlay and mirror share a format that can stand on another image, qcow2 or qed, "
          + "not \(format.rawValue)")
    }
    guard element.storageType == .file || (element.storageType == .block && element.source?.path != nil)
    else {
      throw .refused(
        "disk '\(chain.target)': the overlay of a mirrored snapshot is a file or a block device, not "
          + "\(element.storageType.rawValue)")
    }
    element.format = format
    let overlay = element.source?.path ?? generatedPath(from: base.path, snapshot: snapshot)
    if element.source == nil { element.source = SnapshotDiskSource(path: overlay) }
    element.source?.path = overlay
    return Disk(
      element: element, chain: chain, base: base, overlay: overlay, format: format.rawValue)
  }

  /// As libvirt generates it (`virDomainSnapshotDefAssignExternalNames`): the suffix gives way to the snapshot's name.
  static func generatedPath(from path: String, snapshot: String) -> String {
    let name = path.split(separator: "/").last ?? ""
    let stem = name.lastIndex(of: ".").map { name[..<$0] } ?? name
    return path.dropLast(name.count) + "\(stem).\(snapshot)"
  }

  /// No file may be written to by two.
  func refuseSharedFiles() throws(MirrorError) {
    var taken: [(path: String, disk: String)] = []
    for disk in disks {
      for path in [disk.overlay, disk.mirror].compactMap({ $0 }) {
        if let other = taken.first(where: { StorageCheck.isSame($0.path, path) }) {
          throw .refused(
            other.disk == disk.chain.target
              ? "disk '\(disk.chain.target)': overlay and mirror are the same file '\(path)'; the mirror belongs on "
                + "the second storage"
              : "disks '\(other.disk)' and '\(disk.chain.target)' would both write to '\(path)'")
        }
        taken.append((path, disk.chain.target))
      }
    }
  }
}

/// The files of one disk, as they must be before the snapshot is taken.
private struct MirrorFileCheck {
  let disk: MirrorWishes.Disk
  let chains: [DiskChain]
  let reuses: Bool
  let storage: StorageCheck

  private var target: String { disk.chain.target }

  func run() throws {
    for path in [disk.overlay, disk.mirror].compactMap({ $0 }) {
      guard path.hasPrefix("/") else {
        throw MirrorError.file(disk: target, path: path, reason: "is not an absolute path")
      }
      for chain in chains where chain.images.contains(where: { StorageCheck.isSame($0.path, path) }) {
        throw MirrorError.file(
          disk: target, path: path, reason: "is in use by disk '\(chain.target)' of this domain")
      }
      if reuses {
        try checkReused(path)
      } else if disk.element.storageType == .block && path == disk.overlay {
        throw MirrorError.file(
          disk: target, path: path,
          reason: "is a block device: put the overlay's header on it and give --reuse-external")
      } else {
        guard !StorageCheck.exists(path) else {
          throw MirrorError.file(
            disk: target, path: path,
            reason: "exists: give another path, or --reuse-external to use it as it is")
        }
        try storage.checkPlace(of: path, disk: target, bytes: StorageCheck.leastBytesPerFile)
      }
    }
  }

  /// A file that was made before: of the format, as large as the disk, on top of an image that is there.
  private func checkReused(_ path: String) throws {
    guard StorageCheck.exists(path) else {
      throw MirrorError.file(
        disk: target, path: path, reason: "does not exist, and --reuse-external makes no file")
    }
    let format = try ImageFormat(disk.format)
    let information = try QemuImage.information(path: path, format: format)
    let size = try QemuImage.information(path: disk.base.path, format: ImageFormat(disk.base.format))
      .virtualSize
    guard information.virtualSize == size else {
      throw MirrorError.file(
        disk: target, path: path,
        reason: "has \(information.virtualSize) bytes of virtual size, the disk has \(size)")
    }
    guard let backing = information.backingPath, let backingFormat = information.backingFormat else {
      throw MirrorError.file(
        disk: target, path: path,
        reason: "names no image below it, or not its format: 'qemu-img create -b FILE -F FORMAT' makes one "
          + "that does")
    }
    if path == disk.overlay && !StorageCheck.isSame(backing, disk.base.path) {
      throw MirrorError.file(
        disk: target, path: path,
        reason: "stands on '\(backing)', not on the disk's image '\(disk.base.path)'")
    }
    guard StorageCheck.exists(backing) else {
      throw MirrorError.file(
        disk: target, path: path,
        reason:
          "stands on '\(backing)', which does not exist: make a placeholder of the same size there, and "
          + "fill it before the mirror is ended")
    }
    _ = try QemuImage.information(path: backing, format: ImageFormat(backingFormat))
  }
}
