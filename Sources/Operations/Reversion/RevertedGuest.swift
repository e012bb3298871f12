import DiskIO
import Libvirt

/// What the steps of a reversion do to the domain.
final class RevertedGuest {
  let domain: Domain
  let reversion: ExternalReversion
  /// Whether it is known that nobody has built on the fresh overlays: that was looked at once while this is taken back, or it was this
  /// process that let the guest onto them, and off again.
  private var isUnused = false

  init(domain: Domain, reversion: ExternalReversion) {
    self.domain = domain
    self.reversion = reversion
  }

  // MARK: Fresh overlays

  func makeOverlays() throws {
    for disk in reversion.disks {
      try QemuImage.make(
        path: disk.fresh.path, format: ImageFormat(disk.fresh.format), size: nil,
        backing: (disk.frozen.path, ImageFormat(disk.frozen.format)))
      FileOwner.copy(from: disk.frozen.path, to: disk.fresh.path)
    }
  }

  func removeOverlays() throws {
    try requireUnused()
    try remove(
      reversion.disks.filter { disk in
        // A file that was there before us is no overlay of ours.
        let format = try? ImageFormat(disk.fresh.format)
        let header = format.flatMap { try? QemuImage.information(path: disk.fresh.path, format: $0) }
        return header?.backingPath == disk.frozen.path
      }.map(\.fresh.path))
  }

  // MARK: What the guest is now

  func keep(_ branch: ExternalReversion.Branch) throws {
    var flags: SnapshotCreateFlags = [.atomic]
    if reversion.endingBefore != .shutoff { flags.insert(.halt) }
    if branch.memoryFile == nil { flags.insert(.diskOnly) }
    do {
      if reversion.endingBefore != .shutoff, try !domain.isActive() {
        throw ReversionError.endedMeanwhile(domain: domain.name)
      }
      // libvirt pauses a guest to save its memory alone: between the overlays and its end this one would write on, and that would be
      // neither in the snapshot nor on the disks that an undo takes it back to.
      if mayHavePaused(for: branch) { try domain.suspend() }
      _ = try domain.createSnapshot(xml: branch.document(of: domain, leaving: reversion.snapshot), flags)
    } catch {
      guard reversion.endingBefore != .shutoff, domain.isInactive(within: 20) else { throw error }
      throw ReversionError.endedMeanwhile(domain: domain.name)
    }
    // Where QEMU dies under it libvirt 9.0 says that all is well, and has kept neither memory nor snapshot.
    let hasMemory = branch.memoryFile.map(FileOwner.exists) ?? true
    guard hasMemory, try domain.existingSnapshot(named: branch.name) != nil else {
      throw ReversionError.endedMeanwhile(domain: domain.name)
    }
  }

  /// Whether ``keep(_:)`` stops the guest's processors, which have run until then.
  private func mayHavePaused(for branch: ExternalReversion.Branch) -> Bool {
    branch.memoryFile == nil && reversion.endingBefore == .running
  }

  /// Undoes ``keep(_:)``: the guest goes on from the memory that was kept, on the disks it had.
  ///
  /// A guest that was not stopped yet goes on in any case, even if the rest cannot be undone.
  func putBack(_ branch: ExternalReversion.Branch) throws {
    do {
      try takeBack(branch)
    } catch {
      try? endPause(for: branch)
      throw error
    }
    try endPause(for: branch)
  }

  private func endPause(for branch: ExternalReversion.Branch) throws {
    guard try mayHavePaused(for: branch) && domain.isActive() else { return }
    if try domain.state().state == .paused { try domain.resume() }
  }

  private func takeBack(_ branch: ExternalReversion.Branch) throws {
    try requireUnused()
    // libvirt may have put the guest on the overlays and then lost the snapshot.
    _ = try domain.connection.defineDomain(xml: reversion.definitionBefore)
    if let kept = try domain.existingSnapshot(named: branch.name) {
      if try reversion.endingBefore != .shutoff && !domain.isActive() { try goOn(as: branch) }
      try kept.delete(.metadataOnly)
    }
    try remove(branch.overlays.values.map(\.path) + [branch.memoryFile].compactMap { $0 })
  }

  /// A guest that ended while it was being kept has left no memory, and stays off.
  private func goOn(as branch: ExternalReversion.Branch) throws {
    guard let memory = branch.memoryFile else { return try startAgain() }
    guard FileOwner.exists(memory) else { return }
    // The definition inside is that of the moment before the overlays.
    try domain.connection.restore(
      from: memory, xml: nil, reversion.endingBefore == .paused ? .paused : .running)
  }

  /// One that dies by itself under the call has stopped as well.
  func stop() throws {
    guard try domain.isActive() else { return }
    do {
      try domain.destroy()
    } catch {
      guard domain.isInactiveSoon else { throw error }
    }
  }

  /// Undoes ``start()`` and ``resume()``.
  func stopAgain() throws {
    try stop()
    isUnused = true
  }

  func startAgain() throws {
    try requireUnused()
    guard try !domain.isActive() else { return }
    try domain.start(reversion.endingBefore == .paused ? .paused : [])
  }

  // MARK: Definition and metadata

  func define() throws {
    _ = try domain.connection.defineDomain(xml: reversion.definition)
  }

  func undefine() throws {
    try requireUnused()
    _ = try domain.connection.defineDomain(xml: reversion.definitionBefore)
  }

  func makeCurrent() throws {
    try SnapshotRedefinition.replaceDocument(reversion.document, of: domain, .current)
  }

  func restoreCurrent() throws {
    try requireUnused()
    try SnapshotRedefinition.replaceDocument(reversion.documentBefore, of: domain)
    guard let name = reversion.currentBefore, name != reversion.snapshot else { return }
    try SnapshotRedefinition.makeCurrent(domain.snapshot(named: name))
  }

  // MARK: Going on

  func dropManagedSave() throws {
    if try domain.hasManagedSave() { try domain.removeManagedSave() }
  }

  func start() throws {
    var flags: DomainStartFlags = reversion.ending == .paused ? .paused : []
    if reversion.resetsNVRAM { flags.insert(.resetNVRAM) }
    try domain.start(flags)
  }

  func resume() throws {
    guard let file = reversion.memoryFile else { return }
    var flags: DomainSaveFlags = reversion.ending == .paused ? .paused : .running
    if reversion.resetsNVRAM { flags.insert(.resetNVRAM) }
    try domain.connection.restore(from: file, xml: reversion.restoredDefinition, flags)
  }

  /// Whether the guest is, or has been, on the fresh overlays: then going forward loses nothing.
  func isBack() throws -> Bool {
    let family = try SnapshotFamily(of: domain)
    let isDefined = reversion.disks.allSatisfy { disk in
      family.persistentDisks.contains { $0.target == disk.target && $0.top?.path == disk.fresh.path }
    }
    guard isDefined, family.current == reversion.snapshot else { return false }
    if try reversion.ending == .shutoff || domain.isActive() { return true }
    return try reversion.disks.contains { disk in
      try QemuImage.holdsData(path: disk.fresh.path, format: ImageFormat(disk.fresh.format))
    }
  }

  /// Refuses to take back what somebody has built on: a guest that was started meanwhile has written to new overlays.
  private func requireUnused() throws {
    guard !isUnused else { return }
    let active = try Set(DiskChain.chains(inDomainXML: domain.xml()).compactMap(\.top?.path))
    let overlays = reversion.disks.map(\.fresh) + Array(reversion.branch?.overlays.values ?? [:].values)
    for overlay in overlays where FileOwner.exists(overlay.path) {
      let isUsed = try domain.isActive() && active.contains(overlay.path)
      if try isUsed || QemuImage.holdsData(path: overlay.path, format: ImageFormat(overlay.format)) {
        throw ReversionError.usedMeanwhile(domain: domain.name, path: overlay.path)
      }
    }
    isUnused = true
  }

  func removeUnneeded() throws {
    let family = try SnapshotFamily(of: domain)
    try UnneededFiles.remove(reversion.unneeded, sparing: family.needed(by: family.snapshots))
  }

  /// Removes files of our own making, unless the domain or one of its snapshots is seen to stand on them after all: an image that
  /// has gone meanwhile must not keep the rest from being taken back.
  private func remove(_ paths: [String]) throws {
    let family = try SnapshotFamily(of: domain)
    try UnneededFiles.remove(paths, sparing: family.visiblyNeeded(by: family.snapshots))
  }
}
