import DiskIO
import Glibc
import Libvirt
import XMLTree

/// Taking an overlay away again: what it holds goes down into the image below, from which the guest goes on.
///
/// Works from what it finds, so that it can be begun again after any crash: with the guest running, shut off, or
/// gone for good (a transient one).
struct OverlayMerge {
  let target: String
  let base: DiskChain.Image
  let overlay: DiskChain.Image

  /// Merges and leaves the overlay's file behind; one that the guest does not stand on any more is let be.
  ///
  /// - Parameters:
  ///   - domain: The domain; `nil` where it is no more.
  ///   - willWrite: Told right before the first write to the base.
  ///   - note: Told right before and right after a running guest leaves the overlay.
  /// - Throws: ``MirrorError``, libvirt's error, `DiskIOError`.
  func run(
    on domain: Domain?, beforeWriting willWrite: () throws -> Void = {},
    noting note: (OperationJournal.Turn) throws -> Void = { _ in }
  ) throws {
    guard let domain else { return try OrphanedOverlay(self).merge() }
    var isOnOverlay = false
    do {
      if try domain.isActive() {
        return try mergeLive(domain, isOnOverlay: &isOnOverlay, beforeWriting: willWrite, noting: note)
      }
    } catch {
      // The guest may have died under the call, which libvirt notices a moment later.
      guard domain.isInactiveSoon else { throw error }
    }
    guard try isPersistent(domain) else { return try OrphanedOverlay(self).merge(isCurrent: isOnOverlay) }
    try mergeOffline(domain, beforeWriting: willWrite)
  }

  /// A transient domain is unknown as soon as its guest is dead.
  private func isPersistent(_ domain: Domain) throws(LibvirtError) -> Bool {
    do {
      return try domain.isPersistent()
    } catch  where error.code == .noDomain {
      return false
    }
  }

  /// Sets `isOnOverlay` while the guest is known to write to the overlay: until it is asked to leave it.
  func mergeLive(
    _ domain: Domain, isOnOverlay: inout Bool, beforeWriting willWrite: () throws -> Void = {},
    noting note: (OperationJournal.Turn) throws -> Void = { _ in }
  ) throws {
    guard try needsMerging(inDomainXML: domain.xml()) else { return }
    isOnOverlay = true
    try DiskJob.abort(on: domain, disk: target)
    try willWrite()
    try domain.blockCommit(on: target, base: base.path, top: nil, bandwidth: 0, .active)
    while true {
      guard let chain = try DiskJob.chain(of: target, on: domain), let job = chain.mirror else {
        throw MirrorError.mergeEnded(disk: target, base: base.path)
      }
      if job.isReady { break }
      usleep(20_000)
    }
    isOnOverlay = false
    try note(.pending)
    try domain.abortBlockJob(on: target, .pivot)
    try note(.taken)
  }

  private func mergeOffline(_ domain: Domain, beforeWriting willWrite: () throws -> Void) throws {
    let xml = try domain.xml([.inactive, .secure])
    // A definition that names the base already was merged before; the overlay's content is old then.
    guard try needsMerging(inDomainXML: xml) else { return }
    try willWrite()
    try commitFile()
    let moved = try DiskDefinition.replacing(target, with: base, inDomainXML: xml)
    _ = try domain.connection.defineDomain(xml: moved)
  }

  /// Refuses a disk that is neither on the overlay nor on the base; touches nothing.
  ///
  /// - Throws: ``MirrorError`` `.buried`, `.neitherOn`; libvirt's error.
  func check(on domain: Domain) throws {
    _ = try needsMerging(inDomainXML: domain.isActive() ? domain.xml() : domain.xml([.inactive, .secure]))
  }

  /// Whether the disk is on the overlay; false where it is on the base, or the overlay's file is gone.
  ///
  /// Whoever asks removes the overlay next: a disk that is anywhere else, or that the domain does not have any more, may have its
  /// newest data there.
  /// - Throws: ``MirrorError`` `.buried`, `.neitherOn`; `XMLError`.
  func needsMerging(inDomainXML xml: String) throws -> Bool {
    let images = try DiskChain.chains(inDomainXML: xml).first { $0.target == target }?.images ?? []
    if let top = images.first {
      if StorageCheck.isSame(top.path, overlay.path) { return true }
      if StorageCheck.isSame(top.path, base.path) { return false }
      // A definition does not tell what its images stand on; their headers do.
      let chain = images.map(\.path) + ImageChains().visiblePaths(of: top)
      guard !chain.contains(where: { StorageCheck.isSame($0, overlay.path) }) else {
        throw MirrorError.buried(disk: target, overlay: overlay.path, top: top.path)
      }
    }
    guard !StorageCheck.exists(overlay.path) else {
      throw MirrorError.neitherOn(
        disk: target, found: images.first?.path, overlay: overlay.path, base: base.path)
    }
    return false
  }

  func commitFile() throws {
    let format = try ImageFormat(overlay.format)
    let below = try QemuImage.information(path: overlay.path, format: format).backingPath
    if below == base.path {
      try QemuImage.commit(path: overlay.path, format: format)
    } else {
      // Further down; an overlay that has been cut off from the base since is refused by qemu-img.
      try QemuImage.commit(path: overlay.path, format: format, into: base.path)
    }
  }
}

/// A disk's place in a `<domain>` document.
enum DiskDefinition {
  /// The document with one disk on another image of the same kind, file or block device.
  ///
  /// - Throws: `XMLError` when the text is no document.
  static func replacing(
    _ target: String, with image: DiskChain.Image, inDomainXML xml: String
  ) throws(XMLError) -> String {
    var root = try XMLDocument.parse(xml).root
    root.editDisks { name, disk in
      guard name == target else { return }
      let isBlockDevice = disk.firstElement(named: "source")?.attribute("dev") != nil
      disk.putDisk(on: image.path, format: image.format, isBlockDevice: isBlockDevice)
    }
    return root.text(layout: .libvirt)
  }
}
