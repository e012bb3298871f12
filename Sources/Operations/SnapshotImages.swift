import Libvirt
import SnapshotXML
import XMLTree

/// The files that one snapshot of a domain is made of, read from the document that libvirt keeps of it.
public struct SnapshotImages: Equatable, Sendable {
  /// A snapshot's part of one disk.
  public struct Disk: Equatable, Sendable {
    /// The guest's name for the disk.
    public let target: String
    /// Where this part of the snapshot is.
    public let location: SnapshotLocation
    /// The image that was made when the snapshot was taken, and written to since; external snapshots only.
    public let overlay: BackingLayer.Place?
    /// The overlay's format.
    public let overlayFormat: String?
    /// The image that the guest had until then: the snapshot's state, or what holds it.
    public let frozen: BackingLayer.Place?
    /// Its format.
    public let frozenFormat: String?
  }

  /// The snapshot's name.
  public let name: String
  /// Free text; `nil` for none.
  public let description: String?
  /// The save image of an external snapshot with memory.
  public let memoryFile: String?
  /// Whether the guest's memory is inside one of the disks.
  public let hasInternalMemory: Bool
  /// The disks that are part of the snapshot, in the order of its document.
  public let disks: [Disk]

  /// Those of all of a domain's snapshots, in libvirt's order; one that goes away meanwhile is left out.
  ///
  /// - Throws: libvirt's error, or `XMLError`. A driver that knows no snapshots has none.
  public static func all(of domain: Domain) throws -> [SnapshotImages] {
    let snapshots: [DomainSnapshot]
    do {
      snapshots = try domain.snapshots()
    } catch  where error.code == .noSupport {
      return []
    }
    return try snapshots.compactMap { snapshot in
      do {
        return try SnapshotImages(xml: snapshot.xml())
      } catch let error as LibvirtError where error.code == .noDomainSnapshot {
        return nil
      }
    }
  }

  /// Reads a document.
  ///
  /// - Throws: `XMLError` when the text is not a document.
  public init(xml: String) throws(XMLError) {
    let root = try XMLDocument.parse(xml).root
    name = root.firstElement(named: "name")?.stringValue ?? ""
    description = root.firstElement(named: "description")?.stringValue
    let memory = root.firstElement(named: "memory")
    memoryFile = memory?.attribute("file")
    hasInternalMemory = memory?.attribute("snapshot") == SnapshotLocation.internal.rawValue
    let defined = root.elements(named: "domain").flatMap { $0.elements(named: "devices") }
      .flatMap { $0.elements(named: "disk") }
    let formerDisks = Dictionary(
      defined.map { (DomainDisk($0).target, $0) }, uniquingKeysWith: { first, _ in first })
    disks = root.elements(named: "disks").flatMap(\.elements).compactMap { disk in
      guard let target = disk.attribute("name"),
        let location = disk.attribute("snapshot").flatMap(SnapshotLocation.init(rawValue:)), location != .no
      else { return nil }
      let former = formerDisks[target]
      let isExternal = location == .external
      return Disk(
        target: target, location: location, overlay: isExternal ? BackingLayer.Place(of: disk) : nil,
        overlayFormat: isExternal ? disk.firstElement(named: "driver")?.attribute("type") : nil,
        frozen: former.flatMap(BackingLayer.Place.init(of:)),
        frozenFormat: former?.firstElement(named: "driver")?.attribute("type"))
    }
  }
}

extension BackingLayer.Place {
  /// Where a `<disk>`, `<backingStore>` or `<mirror>` is; `nil` for one without a source.
  init?(of element: XMLElement) {
    guard let source = element.firstElement(named: "source") else { return nil }
    let type = element.attribute("type") ?? "file"
    switch type {
    case "network":
      guard let path = Self.networkName(source) else { return nil }
      self.init(type: type, name: path)
    case "volume":
      guard let pool = source.attribute("pool"), let volume = source.attribute("volume") else { return nil }
      self.init(type: type, name: "\(pool)/\(volume)")
    default:
      let name = ["file", "dev", "dir", "path"].lazy.compactMap { source.attribute($0) }.first
      guard let name = name ?? Self.otherName(source) else { return nil }
      self.init(type: type, name: name)
    }
  }

  private static func networkName(_ source: XMLElement) -> String? {
    guard let scheme = source.attribute("protocol") else { return nil }
    let host = source.firstElement(named: "host")
    let server = host?.attribute("name") ?? host?.attribute("socket") ?? ""
    let port = host?.attribute("port").map { ":\($0)" } ?? ""
    let name = source.attribute("name").map { $0.hasPrefix("/") ? $0 : "/\($0)" } ?? ""
    return "\(scheme)://\(server)\(port)\(name)"
  }

  /// What there is to tell of a source that is no path and on no server: an NVMe drive by its address.
  private static func otherName(_ source: XMLElement) -> String? {
    let address = source.firstElement(named: "address")?.attributes.map { "\($0.name)=\($0.value)" }
    return address.map { $0.joined(separator: ",") }
  }
}
