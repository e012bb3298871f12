import Libvirt

/// What the steps of a deletion do to the domain.
struct DeletedSnapshots {
  let domain: Domain
  let deletion: SnapshotDeletion

  func redefine(_ document: String) throws {
    guard try exists(deletion.snapshot) else { return }
    try SnapshotRedefinition.replaceDocument(document, of: domain)
  }

  /// libvirt's deletion of a snapshot whose overlays it merges into what the snapshot froze.
  func mergeByLibvirt(_ cancellation: Cancellation, _ journal: OperationJournal?) throws {
    guard let snapshot = try domain.existingSnapshot(named: deletion.snapshot) else { return }
    let frozen = try SnapshotFiles(of: snapshot).externalDisks.compactMap(\.frozen?.path)
    try writing(to: frozen, ruining: [deletion.snapshot], journal) { willWrite in
      try willWrite()
      try deleteByLibvirt(cancellation)
    }
  }

  func deleteByLibvirt(_ cancellation: Cancellation) throws {
    let name = deletion.snapshot
    guard try exists(name) else { return }
    func delete() throws {
      try BlockingDomainCall(on: domain) { (domain) throws(LibvirtError) in
        try domain.snapshot(named: name).delete()
      }.run(cancellation: cancellation)
    }
    let wasActive = try domain.isActive()
    do {
      try delete()
    } catch {
      // The guest may have died under the call; without one libvirt merges the files.
      guard wasActive, !(error is CancelledError), domain.isInactive(within: 20), try exists(name) else {
        throw error
      }
      try delete()
    }
  }

  func merge(_ merge: SnapshotDeletion.Merge, _ journal: OperationJournal?) throws {
    try writing(to: [merge.base.path], ruining: merge.ruined ?? deletion.deleted, journal) { willWrite in
      try OverlayMerge(target: merge.target, base: merge.base, overlay: merge.overlay)
        .run(on: domain, beforeWriting: willWrite)
    }
  }

  func forget() throws {
    for name in deletion.deleted {
      if let snapshot = try domain.existingSnapshot(named: name) { try SnapshotForgetting.forget(snapshot) }
    }
  }

  func removeUnneeded() throws {
    let family = try SnapshotFamily(of: domain)
    try UnneededFiles.remove(deletion.unneeded, sparing: family.needed(by: family.snapshots))
  }

  private func exists(_ name: String) throws(LibvirtError) -> Bool {
    try domain.existingSnapshot(named: name) != nil
  }

  /// Notes in the journal that images are written to which snapshots had frozen, before they are.
  ///
  /// - Parameters:
  ///   - images: The paths of the images.
  ///   - snapshots: Those that cannot be gone back to from then on.
  ///   - journal: The operation's.
  ///   - merge: Calls what it is given right before the first write.
  /// - Throws: What `merge` throws where nothing was written, in a ``HalfwayFailure`` where something may have been.
  private func writing(
    to images: [String], ruining snapshots: [String], _ journal: OperationJournal?,
    by merge: (_ willWrite: () throws -> Void) throws -> Void
  ) throws {
    let watch = try FrozenImageWatch(images, of: domain)
    // By whoever began it before.
    let wasBegun = journal?.record.turn != nil
    var isBegun = wasBegun
    do {
      try merge {
        try journal?.note(.pending)
        isBegun = true
      }
    } catch {
      guard isBegun else { throw error }
      if !wasBegun && watch.areUntouched(after: error) {
        try journal?.note(nil)
        throw error
      }
      throw HalfwayFailure(cause: error, consequence: SnapshotDeletion.loss(of: snapshots))
    }
  }
}
