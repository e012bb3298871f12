import XMLTree

/// Which disks a mirrored snapshot has, and where they are mirrored: what snapsh writes into the domain's own metadata.
///
/// Kept in the running and in the persistent definition, so that every later process, of snapsh and of libvirt, finds it.
public struct MirrorRecord: Codable, Equatable, Sendable {
  /// One disk of the snapshot.
  public struct Disk: Codable, Equatable, Sendable {
    /// The guest's name for it, such as `vda`.
    public var target: String
    /// What the disk was before: the image below the overlay.
    public var base: DiskChain.Image
    /// The snapshot's overlay, on the first storage.
    public var overlay: String
    /// The file that takes every write along with the overlay, on the second storage; `nil` for a disk that only has an
    /// overlay.
    public var mirror: String?
    /// The format of overlay and mirror.
    public var format: String

    /// A disk and its two overlays.
    public init(target: String, base: DiskChain.Image, overlay: String, mirror: String?, format: String) {
      self.target = target
      self.base = base
      self.overlay = overlay
      self.mirror = mirror
      self.format = format
    }
  }

  /// The snapshot's name.
  public var snapshot: String
  /// Its disks, at least one of them mirrored.
  public var disks: [Disk]
  /// Whether its overlays are being merged back: a disk on its base has been through that.
  public var isBeingMerged = false

  /// Those that are mirrored, each with its file on the second storage.
  public var mirrors: [(disk: Disk, path: String)] {
    disks.compactMap { disk in disk.mirror.map { (disk, $0) } }
  }

  /// What is mirrored for a snapshot.
  public init(snapshot: String, disks: [Disk]) {
    self.snapshot = snapshot
    self.disks = disks
  }
}

extension MirrorRecord {
  /// The namespace of our element in a domain's `<metadata>`.
  public static let namespace = "urn:snapsh:mirrored-snapshots:1"
  /// The prefix that libvirt writes before it.
  public static let prefix = "snapsh"

  /// Reads the records out of our element; what is not understood is left out.
  ///
  /// - Throws: `XMLError` when the text is no document.
  static func records(inMetadata xml: String) throws(XMLError) -> [MirrorRecord] {
    try XMLDocument.parse(xml).root.elements.filter { $0.name == "snapshot" }.compactMap { element in
      guard let name = element.attribute("name") else { return nil }
      let disks = element.elements.compactMap { Disk($0) }
      guard !disks.isEmpty else { return nil }
      var record = MirrorRecord(snapshot: name, disks: disks)
      record.isBeingMerged = element.attribute("ending") == "merge"
      return record
    }
  }

  /// Our element for all records of a domain; `nil` for none, which removes it.
  static func metadata(_ records: [MirrorRecord]) -> String? {
    guard !records.isEmpty else { return nil }
    let snapshots = records.map { record in
      var attributes = [XMLAttribute("name", record.snapshot)]
      if record.isBeingMerged { attributes.append(XMLAttribute("ending", "merge")) }
      return XMLNode.element(
        XMLElement(
          "snapshot", attributes: attributes, children: record.disks.map { .element($0.element) }))
    }
    return XMLElement("mirrored", children: snapshots).text(layout: .libvirt)
  }
}

extension MirrorRecord.Disk {
  fileprivate init?(_ element: XMLElement) {
    guard element.name == "disk", let target = element.attribute("name"),
      let base = element.attribute("base"), let baseFormat = element.attribute("baseFormat"),
      let overlay = element.attribute("overlay"), let format = element.attribute("format")
    else { return nil }
    self.init(
      target: target, base: .init(path: base, format: baseFormat), overlay: overlay,
      mirror: element.attribute("mirror"), format: format)
  }

  fileprivate var element: XMLElement {
    var attributes = [
      XMLAttribute("name", target), XMLAttribute("base", base.path), XMLAttribute("baseFormat", base.format),
      XMLAttribute("overlay", overlay), XMLAttribute("format", format),
    ]
    if let mirror { attributes.append(XMLAttribute("mirror", mirror)) }
    return XMLElement("disk", attributes: attributes)
  }

  /// The overlay with its format.
  var overlayImage: DiskChain.Image { .init(path: overlay, format: format) }

  var merge: OverlayMerge { OverlayMerge(target: target, base: base, overlay: overlayImage) }
}
