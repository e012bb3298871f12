import XMLTree

/// A domain's disk with every image below it, as libvirt tells it of a running domain.
public struct DiskChain: Equatable, Sendable {
  /// One image of the chain.
  public struct Image: Codable, Hashable, Sendable {
    /// The file or block device, an absolute path.
    public var path: String
    /// Its format in QEMU's words.
    public var format: String

    /// An image at a path.
    public init(path: String, format: String) {
      self.path = path
      self.format = format
    }
  }

  /// A job that makes a second image what the disk is.
  public struct Mirror: Equatable, Sendable {
    /// The images that take over at a pivot, uppermost first.
    public let images: [Image]
    /// `copy` or `active-commit`.
    public let job: String
    /// Whether it has caught up, so that it can pivot.
    public let isReady: Bool
  }

  /// The guest's name for it, such as `vda`.
  public let target: String
  /// The kind of storage: `file`, `block`, `network`, …
  public let type: String
  /// What the guest sees: `disk`, `cdrom`, …
  public let device: String
  /// What the definition says of its part in snapshots: `no`, `external`, …; `nil` where it says nothing.
  public let snapshot: String?
  /// Whether the guest cannot write to it.
  public let isReadOnly: Bool
  /// The images, uppermost first; those that are no file or device, and all below, are left out.
  public let images: [Image]
  /// A running copy or active commit.
  public let mirror: Mirror?

  /// The image that the guest writes to; `nil` for an empty drive and for storage that has no path.
  public var top: Image? { images.first }

  /// Whether a snapshot takes the disk along that does not name it.
  var takesPartInSnapshots: Bool {
    snapshot.map { $0 != "no" } ?? (!isReadOnly && device != "cdrom" && device != "floppy")
  }

  /// The disks of a `<domain>` document, in its order.
  ///
  /// - Throws: `XMLError` when the text is not a document.
  public static func chains(inDomainXML xml: String) throws(XMLError) -> [DiskChain] {
    chains(in: try XMLDocument.parse(xml).root)
  }

  /// The disks of a `<domain>` element, in its order.
  static func chains(in domain: XMLElement) -> [DiskChain] {
    domain.elements(named: "devices").flatMap { $0.elements(named: "disk") }.map(DiskChain.init)
  }

  private init(_ disk: XMLElement) {
    target = disk.firstElement(named: "target")?.attribute("dev") ?? ""
    type = disk.attribute("type") ?? "file"
    device = disk.attribute("device") ?? "disk"
    snapshot = disk.attribute("snapshot")
    isReadOnly = disk.firstElement(named: "readonly") != nil
    images = Self.images(
      of: disk, format: disk.firstElement(named: "driver")?.attribute("type"))
    mirror = disk.firstElement(named: "mirror").map { mirror in
      Mirror(
        images: Self.images(of: mirror, format: mirror.firstElement(named: "format")?.attribute("type")),
        job: mirror.attribute("job") ?? "", isReady: mirror.attribute("ready") == "yes")
    }
  }

  private static func images(of element: XMLElement, format: String?) -> [Image] {
    let source = element.firstElement(named: "source")
    guard let path = source?.attribute("file") ?? source?.attribute("dev") else { return [] }
    let image = Image(path: path, format: format ?? "raw")
    guard let below = element.firstElement(named: "backingStore") else { return [image] }
    return [image] + images(of: below, format: below.firstElement(named: "format")?.attribute("type"))
  }
}
