import DiskIO
import Glibc
import Libvirt
import SystemPackage
import XMLTree

/// Overlays that a guest writes to only as long as the images below them are read.
struct TemporaryOverlays: Codable, Equatable, Sendable {
  /// An overlay and what is frozen below it.
  struct Layer: Codable, Equatable, Sendable {
    /// The disk as it was before.
    var frozen: GuestDisk
    /// The overlay's path.
    var overlay: String
  }

  /// One for each disk.
  var layers: [Layer]
  /// The disks that get no overlay.
  var untouched: [String]
  /// Where the memory of the same instant goes.
  var memoryPath: String

  /// Chooses names beside the disks that nothing else has.
  ///
  /// - Parameters:
  ///   - disks: the disks that are frozen.
  ///   - untouched: the targets of those that are not.
  ///   - domain: the guest's name.
  ///   - scratchDirectory: where the memory goes, and overlays of devices, which have no place beside them; beside the
  ///     first disk that is a file, or `/var/tmp`, where there is none.
  /// - Throws: `DiskIOError` where a name is taken.
  init(of disks: [GuestDisk], leaving untouched: [String], of domain: String, scratchDirectory: String?)
    throws
  {
    let suffix = "snapsh-\(getpid())-\(time(nil))"
    let beside = disks.first { $0.type == "file" }
      .map { FilePath($0.source).removingLastComponent().string }
    let scratch = scratchDirectory ?? beside ?? "/var/tmp"
    layers = disks.map { disk in
      let stem = disk.type == "file" ? disk.source : "\(scratch)/\(domain)-\(disk.target)"
      return Layer(frozen: disk, overlay: "\(stem).\(suffix)")
    }
    self.untouched = untouched
    memoryPath = "\(scratch)/\(domain).\(suffix).memory"
    for path in layers.map(\.overlay) + [memoryPath] {
      var status = stat()
      guard lstat(path, &status) != 0 else { throw DiskIOError.exists(path: path) }
    }
  }

  /// The snapshot that puts the overlays in place and the memory in its file.
  var snapshotXML: String {
    let overlaid = layers.map { layer in
      XMLElement(
        "disk",
        attributes: [
          .init("name", layer.frozen.target), .init("snapshot", "external"), .init("type", "file"),
        ],
        children: [
          .element(XMLElement("driver", attributes: [.init("type", "qcow2")])),
          .element(XMLElement("source", attributes: [.init("file", layer.overlay)])),
        ])
    }
    let others = untouched.map {
      XMLElement("disk", attributes: [.init("name", $0), .init("snapshot", "no")])
    }
    let memory = XMLElement(
      "memory", attributes: [.init("snapshot", "external"), .init("file", memoryPath)])
    return XMLElement(
      "domainsnapshot",
      children: [
        .element(memory),
        .element(XMLElement("disks", children: (overlaid + others).map { .element($0) })),
      ]
    ).text(layout: .libvirt)
  }

  /// Commits each overlay that is in use into the image below it and removes overlays and memory.
  ///
  /// May be called again after it failed or was killed half way, and by another process.
  /// - Parameter domain: the guest; nil for one without a definition whose QEMU has ended, which nobody knows any more.
  /// - Throws: ``GuestArchiveError``, `LibvirtError`, `DiskIOError`; what could be done has been.
  func takeAway(from domain: Domain?) throws {
    var first: (any Error)?
    for layer in layers {
      do {
        try takeAway(layer, from: domain)
      } catch {
        first = first ?? error
      }
    }
    // Without it the overlays could not be told from a lost guest's; it goes last.
    if first == nil { try UnneededFiles.remove([memoryPath]) }
    if let first { throw first }
  }

  private func takeAway(_ layer: Layer, from domain: Domain?) throws {
    var isCurrent = false
    do {
      try empty(layer, on: domain, isCurrent: &isCurrent)
    } catch {
      // A QEMU that dies meanwhile, or that libvirt has not yet found dead, leaves its images to us.
      guard let domain, domain.isInactive(within: 20) else { throw error }
      try empty(layer, on: domain, isCurrent: &isCurrent)
    }
    try UnneededFiles.remove([layer.overlay])
  }

  /// Brings what the overlay holds into the image below, where the guest has not left it before.
  ///
  /// Sets `isCurrent` while a running guest is known to write to the overlay.
  private func empty(_ layer: Layer, on domain: Domain?, isCurrent: inout Bool) throws {
    guard let domain, let isActive = try domain.isActiveIfKnown() else {
      // It may have gone on below for days since.
      return try OrphanedOverlay(layer.merge).merge(isCurrent: isCurrent)
    }
    guard try layer.merge.needsMerging(inDomainXML: domain.xml(isActive ? [] : [.inactive])) else { return }
    guard isActive else { return try commitShutOff(layer, on: domain) }
    // Ctrl-C waits for it: giving it up would leave the guest on the overlay.
    do { try layer.merge.mergeLive(domain, isOnOverlay: &isCurrent) } catch MirrorError.mergeEnded {
      throw GuestArchiveError.notCommitted(overlay: layer.overlay, base: layer.frozen.source)
    }
  }

  /// For a guest whose QEMU has ended meanwhile: `qemu-img commit`, then the definition is put back.
  private func commitShutOff(_ layer: Layer, on domain: Domain) throws {
    try layer.merge.commitFile()
    var document = try XMLDocument.parse(domain.xml([.inactive, .secure]))
    document.root.editDisks { target, disk in
      if target == layer.frozen.target { layer.frozen.place(&disk) }
    }
    _ = try domain.connection.defineDomain(xml: document.root.text(layout: .libvirt))
  }
}

extension TemporaryOverlays.Layer {
  /// The way back to the image that was frozen.
  fileprivate var merge: OverlayMerge {
    OverlayMerge(
      target: frozen.target, base: .init(path: frozen.source, format: frozen.format),
      overlay: .init(path: overlay, format: "qcow2"))
  }
}
