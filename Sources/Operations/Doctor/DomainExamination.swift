import DiskIO
import Libvirt
import XMLTree

/// Looks at a domain's snapshots, disks, jobs and saves for what does not fit together; touches nothing.
public struct DomainExamination {
  let domain: Domain
  let name: String
  let family: SnapshotFamily
  let isBusy: Bool

  /// - Parameters:
  ///   - domain: The domain.
  ///   - isBusy: Whether an operation on it is going on or was interrupted: then its files and jobs are not looked at.
  /// - Throws: libvirt's error, `XMLError`.
  public init(_ domain: Domain, isBusy: Bool) throws {
    self.domain = domain
    name = domain.name
    family = try SnapshotFamily(of: domain)
    self.isBusy = isBusy
  }

  /// What there is to tell of a domain, which is looked at anew where its guest ends meanwhile.
  ///
  /// - Parameters:
  ///   - domain: The domain.
  ///   - isBusy: As for ``init(_:isBusy:)``.
  /// - Throws: libvirt's error, `XMLError`, `DiskIOError`.
  /// - Returns: As ``findings()``.
  public static func findings(of domain: Domain, isBusy: Bool) throws -> [Finding] {
    do {
      return try DomainExamination(domain, isBusy: isBusy).findings()
    } catch let error as LibvirtError where error.code == .operationInvalid {
      // What a running guest was to be asked; libvirt may have learnt of its end only by asking it.
      guard domain.isInactiveSoon else { throw error }
      return try DomainExamination(domain, isBusy: isBusy).findings()
    }
  }

  /// What there is to tell, the worst first.
  ///
  /// - Throws: libvirt's error, `XMLError`, `DiskIOError`.
  public func findings() throws -> [Finding] {
    // Another host's paths and processes mean nothing here, or something else.
    guard try domain.connection.isLocal() else { return try jobs() }
    // One that is just being merged back is told with what is left to do of that.
    let merging = try Set(MirrorRecords.read(of: domain).filter(\.isBeingMerged).map(\.snapshot))
    let snapshots = missingFiles() + overwrittenSnapshots().filter { !merging.contains($0.subject) }
    let lost = Set(snapshots.map(\.subject))
    return try managedSave() + definition() + snapshots + mirrors() + jobs() + backups()
      + overlaysInDocuments(butNot: lost)
      + frozenImages(butNot: lost) + currentSnapshot(butNot: lost) + unknownOverlays()
  }

  // MARK: Snapshots

  private func missingFiles() -> [Finding] {
    family.snapshots.compactMap { snapshot in
      let images = snapshot.externalDisks.compactMap(\.frozen)
      // A chain ends with what is gone; what is gone first of all is looked for at its upper end.
      let files =
        images.map(\.path) + images.flatMap { family.chains.visiblePaths(of: $0).dropFirst() }
        + [snapshot.memoryFile].compactMap { $0 }
      guard let missing = files.first(where: { !FileOwner.exists($0) }) else { return nil }
      let directory = missing.lastIndex(of: "/").map { String(missing[..<$0]) } ?? ""
      guard FileOwner.exists(directory.isEmpty ? "/" : directory) else {
        return Finding(
          .missingFile, of: name, snapshot.name,
          "snapshot '\(snapshot.name)' needs '\(missing)', whose directory is not there",
          advice: "mount the storage, or run snapsh where it is")
      }
      if missing == snapshot.memoryFile {
        return Finding(
          .missingFile, of: name, snapshot.name,
          "snapshot '\(snapshot.name)' has lost its memory '\(missing)' and cannot be gone back to",
          advice: "'snapshot-delete \(name) \(snapshot.name)' merges its disks")
      }
      guard images.contains(where: { $0.path == missing }) else { return missingBelow(snapshot, missing) }
      return Finding(
        .missingFile, of: name, snapshot.name,
        "snapshot '\(snapshot.name)' needs '\(missing)', which is gone: there is nothing to go back to",
        remedy: forgetting(snapshot))
    }
  }

  /// Of an image below the one that a snapshot froze: that one is there, and may be of use once the other is back.
  private func missingBelow(_ snapshot: SnapshotFiles, _ missing: String) -> Finding {
    let disk = family.disks.first { family.visiblePaths(of: $0.target).contains(missing) }
    return Finding(
      .missingFile, of: name, snapshot.name,
      "snapshot '\(snapshot.name)' stands on '\(missing)', which is gone: it cannot be gone back to"
        + (disk.map { ", and disk '\($0.target)' stands on it too" } ?? ""),
      advice: "bring it back"
        + (disk == nil
          ? "; if it is gone for good, 'snapshot-delete \(name) \(snapshot.name) --metadata' forgets the snapshot"
          : ""))
  }

  private func overwrittenSnapshots() -> [Finding] {
    family.snapshots.compactMap { snapshot in
      let tops = (family.disks + family.persistentDisks).compactMap(\.top?.path)
      guard
        let disk = snapshot.externalDisks.first(where: { disk in
          disk.frozen.map { tops.contains($0.path) } ?? false
        }), let path = disk.frozen?.path
      else { return nil }
      guard family.top(of: disk.target)?.path == path else { return nil }
      let overlay = disk.overlay.flatMap { FileOwner.exists($0.path) && holdsData($0) ? $0 : nil }
      if let overlay, (try? domain.isActive()) == false {
        return Finding(
          .overwrittenSnapshot, of: name, snapshot.name,
          "disk '\(disk.target)' is on '\(path)', which snapshot '\(snapshot.name)' froze, while what the guest wrote "
            + "after it is in '\(overlay.path)'",
          advice:
            "if that was committed by hand, 'snapshot-delete \(name) \(snapshot.name) --metadata' forgets the "
            + "snapshot; if not, put the disk back on the overlay ('edit') before the guest is started")
      }
      return Finding(
        .overwrittenSnapshot, of: name, snapshot.name,
        "disk '\(disk.target)' writes to '\(path)', which snapshot '\(snapshot.name)' had frozen: its state is gone",
        remedy: forgetting(snapshot))
    }
  }

  private func forgetting(_ snapshot: SnapshotFiles) -> Mending.Remedy {
    .forget(
      snapshot: snapshot.name, document: snapshot.document.text(layout: .libvirt),
      wasCurrent: family.current == snapshot.name,
      descendants: family.descendants(of: snapshot.name).map { $0.document.text(layout: .libvirt) })
  }

  private func overlaysInDocuments(butNot lost: Set<String>) throws -> [Finding] {
    try family.snapshots.filter { !lost.contains($0.name) && isInLine($0) }.compactMap { snapshot in
      var overlays: [String: DiskChain.Image] = [:]
      for disk in snapshot.externalDisks {
        guard let named = disk.overlay, !FileOwner.exists(named.path), let frozen = disk.frozen,
          let top = family.top(of: disk.target)
        else { continue }
        overlays[disk.target] = try family.chains.chain(of: top).prefix { $0.path != frozen.path }.last
      }
      guard let wrong = overlays.min(by: { $0.key < $1.key }) else { return nil }
      return redefinition(
        of: snapshot, as: snapshot.withOverlays(overlays),
        "snapshot '\(snapshot.name)' names an overlay of \(wrong.key) that is gone; the guest is on "
          + "'\(wrong.value.path)', and libvirt could not delete the snapshot")
    }
  }

  /// Snapshots whose overlays stand on something else than their documents say.
  private func frozenImages(butNot lost: Set<String>) -> [Finding] {
    family.snapshots.filter { !lost.contains($0.name) }.compactMap { snapshot in
      var images: [String: DiskChain.Image] = [:]
      for disk in snapshot.externalDisks {
        guard let overlay = disk.overlay, FileOwner.exists(overlay.path),
          let chain = try? family.chains.chain(of: overlay), let below = chain.dropFirst().first,
          below.path != disk.frozen?.path
        else { continue }
        images[disk.target] = below
      }
      guard let wrong = images.min(by: { $0.key < $1.key }) else { return nil }
      return redefinition(
        of: snapshot, as: snapshot.withFrozen(images),
        "snapshot '\(snapshot.name)' says another image of \(wrong.key) than '\(wrong.value.path)', on which its "
          + "overlay stands: going back would give another state")
    }
  }

  /// What is wrong with a snapshot's document, and the document that is right.
  private func redefinition(
    of snapshot: SnapshotFiles, as document: XMLElement, _ sentence: String
  ) -> Finding {
    Finding(
      .overlay, of: name, snapshot.name, sentence,
      remedy: .redefine(
        snapshot: snapshot.name, before: snapshot.document.text(layout: .libvirt),
        after: document.text(layout: .libvirt)))
  }

  private func currentSnapshot(butNot lost: Set<String>) throws -> [Finding] {
    let line = family.snapshots.filter { !lost.contains($0.name) && isInLine($0) }
    // The one whose image lies highest below what the guest is on.
    guard let nearest = line.min(by: { depth(of: $0) < depth(of: $1) }), family.current != nearest.name
    else { return [] }
    // One with no external disk says nothing of the line.
    if let current = family.current.flatMap({ family[$0] }), current.externalDisks.isEmpty { return [] }
    let current = family.current.map { "'\($0)' is the current snapshot" } ?? "no snapshot is the current one"
    return [
      Finding(
        .currentSnapshot, of: name, nearest.name,
        "\(current), but the disks stand on '\(nearest.name)': the next snapshot would get the wrong parent",
        remedy: .makeCurrent(snapshot: nearest.name, before: family.current))
    ]
  }

  /// Whether the disks stand on what the snapshot froze.
  private func isInLine(_ snapshot: SnapshotFiles) -> Bool {
    !snapshot.externalDisks.isEmpty
      && snapshot.externalDisks.allSatisfy { disk in
        disk.frozen.map { family.visiblePaths(of: disk.target).dropFirst().contains($0.path) } ?? false
      }
  }

  private func depth(of snapshot: SnapshotFiles) -> Int {
    snapshot.externalDisks.compactMap { disk in
      family.visiblePaths(of: disk.target).firstIndex { $0 == disk.frozen?.path }
    }.min() ?? .max
  }

  private func holdsData(_ image: DiskChain.Image) -> Bool {
    guard let format = try? ImageFormat(image.format) else { return true }
    return (try? QemuImage.holdsData(path: image.path, format: format)) ?? true
  }

  // MARK: Definition, saves

  private func definition() throws -> [Finding] {
    guard try domain.isActive(), try domain.isPersistent() else { return [] }
    var places: [String: DiskChain.Image] = [:]
    for disk in family.disks where disk.mirror == nil && disk.isWritable {
      guard let top = disk.top,
        let defined = family.persistentDisks.first(where: { $0.target == disk.target }),
        let other = defined.top, other.path != top.path
      else { continue }
      // A definition that was changed for the next start on purpose stands on another chain.
      let isSameChain =
        family.visiblePaths(of: disk.target).contains(other.path)
        || family.chains.visiblePaths(of: other).contains(top.path)
      if isSameChain { places[disk.target] = top }
    }
    guard let place = places.min(by: { $0.key < $1.key }) else { return [] }
    let defined = family.persistentDisks.first { $0.target == place.key }?.top?.path ?? ""
    return [
      Finding(
        .definition, of: name, place.key,
        "the guest runs with \(place.key) on '\(place.value.path)', but would be started on '\(defined)': what it "
          + "has written since would be lost",
        remedy: redefining(places, "the disks that the guest is on"))
    ]
  }

  private func redefining(_ places: [String: DiskChain.Image], _ reason: String) -> Mending.Remedy? {
    guard let before = try? domain.xml([.inactive, .secure]), let tree = try? XMLDocument.parse(before) else {
      return nil
    }
    return .define(
      before: before, after: tree.root.withDisks(at: places).text(layout: .libvirt), reason: reason)
  }

  private func managedSave() throws -> [Finding] {
    guard try domain.hasManagedSave() else { return [] }
    let before = try domain.managedSaveXML(secure: true)
    let saved = try XMLDocument.parse(before).root
    for disk in DiskChain.chains(in: saved) where disk.isWritable {
      guard let path = disk.top?.path, let top = family.top(of: disk.target), top.path != path else {
        continue
      }
      let trap =
        "the managed save would go on with \(disk.target) on '\(path)', but the domain is on '\(top.path)': it would "
        + "destroy data"
      let chain = try family.chains.chain(of: top)
      let above = chain.prefix { $0.path != path }
      let isBelow = above.count < chain.count
      let tree = try XMLDocument.parse(domain.xml([.inactive, .secure])).root
      guard isBelow, !above.contains(where: holdsData),
        let after = try? ManagedSaveDisks(of: tree).taken(over: saved).text(layout: .libvirt)
      else {
        return [
          Finding(
            .managedSave, of: name, disk.target, trap,
            advice: "'managedsave-remove \(name)' throws the saved memory away")
        ]
      }
      return [
        Finding(
          .managedSave, of: name, disk.target, trap,
          remedy: .rewriteManagedSave(before: before, after: after))
      ]
    }
    return []
  }

  // MARK: Files

  private func unknownOverlays() throws -> [Finding] {
    guard !isBusy else { return [] }
    let images = family.visiblyNeeded(by: family.snapshots)
    let known = try images.union(family.snapshots.flatMap(\.disks).compactMap(\.overlay?.path))
      .union(OverlayFiles.used(on: domain.connection, chains: family.chains))
      .union(
        MirrorRecords.read(of: domain).flatMap {
          $0.disks.flatMap { [$0.overlay, $0.mirror].compactMap { $0 } }
        })
    return OverlayFiles.overlays(inDirectoriesOf: images, on: images).filter {
      !known.contains($0.overlay.path)
    }
    .map { file in
      let isEmpty = !holdsData(file.overlay)
      let explanation =
        "overlay '\(file.overlay.path)' stands on '\(file.backing.path)', but neither the domain nor a snapshot knows it; it holds "
        + (isEmpty ? "nothing" : "data")
      if isEmpty, let failure = family.chains.failure {
        return Finding(
          .unknownOverlay, of: name, file.overlay.path, explanation,
          advice: "it stays, as what cannot be read may stand on it: \(failure)")
      }
      return Finding(
        .unknownOverlay, of: name, file.overlay.path, explanation,
        advice: isEmpty
          ? nil
          : "look into it (qemu-nbd -r, or a guest of its own) and remove it by hand if nobody misses it",
        remedy: isEmpty ? .removeEmpty(overlay: file.overlay, backing: file.backing) : nil)
    }
  }
}
