import Libvirt
import XMLTree

/// A snapshot as far as its files go, read from the document that libvirt keeps of it.
public struct SnapshotFiles: Sendable {
  /// A disk that the snapshot took.
  public struct Disk: Equatable, Sendable {
    /// The guest's name for it, such as `vda`.
    public let target: String
    /// `external`, `internal` or `manual`.
    public let location: String
    /// What the disk was: the image that nobody may write to any more; `nil` for storage that has no path.
    public let frozen: DiskChain.Image?
    /// The overlay that libvirt put on top, as the document says.
    public let overlay: DiskChain.Image?
  }

  /// The snapshot's name.
  public let name: String
  /// The name of the snapshot it was taken on top of.
  public let parent: String?
  /// The guest's state at that instant in libvirt's words.
  public let state: String
  /// Where the memory is: `no`, `internal` or `external`.
  public let memoryLocation: String
  /// The save image with the guest's memory.
  public let memoryFile: String?
  /// The disks that it took.
  public let disks: [Disk]
  /// The definition that the domain would have been started with next.
  let definition: XMLElement?
  /// The whole document.
  let document: XMLElement

  /// Reads a snapshot's document, passwords included.
  ///
  /// - Throws: libvirt's error, or `XMLError`.
  init(of snapshot: DomainSnapshot) throws {
    try self.init(xml: snapshot.xml(.secure))
  }

  /// Reads a document.
  ///
  /// - Throws: `XMLError` when the text is not a document.
  init(xml: String) throws(XMLError) {
    let root = try XMLDocument.parse(xml).root
    document = root
    name = root.firstElement(named: "name")?.stringValue ?? ""
    parent = root.firstElement(named: "parent")?.firstElement(named: "name")?.stringValue
    state = root.firstElement(named: "state")?.stringValue ?? ""
    let memory = root.firstElement(named: "memory")
    memoryLocation = memory?.attribute("snapshot") ?? "no"
    memoryFile = memory?.attribute("file")
    let domain = root.firstElement(named: "domain")
    definition = root.firstElement(named: "inactiveDomain") ?? domain
    let before = domain.map(DiskChain.chains(in:)) ?? []
    disks = root.elements(named: "disks").flatMap { $0.elements(named: "disk") }.compactMap { disk in
      let location = disk.attribute("snapshot") ?? "external"
      guard let target = disk.attribute("name"), location != "no" else { return nil }
      let source = disk.firstElement(named: "source")
      let overlay = (source?.attribute("file") ?? source?.attribute("dev")).map { path in
        DiskChain.Image(
          path: path, format: disk.firstElement(named: "driver")?.attribute("type") ?? "qcow2")
      }
      return Disk(
        target: target, location: location, frozen: before.first { $0.target == target }?.top,
        overlay: overlay)
    }
  }

  /// Whether any of its data is in a file of its own.
  public var isExternal: Bool {
    memoryLocation == "external" || disks.contains { $0.location != "internal" }
  }

  /// As sentences name it.
  var title: String { "snapshot '\(name)'" }

  /// The disks whose state is in a file of its own.
  public var externalDisks: [Disk] { disks.filter { $0.location == "external" } }

  /// The document with other overlays for some disks.
  func withOverlays(_ overlays: [String: DiskChain.Image]) -> XMLElement {
    var document = document
    document.editElements(named: "disks") { disks in
      disks.editElements(named: "disk") { disk in
        guard let target = disk.attribute("name"), let overlay = overlays[target] else { return }
        disk.setAttribute("type", "file")
        disk.children = [
          .element(XMLElement("driver", attributes: [XMLAttribute("type", overlay.format)])),
          .element(XMLElement("source", attributes: [XMLAttribute("file", overlay.path)])),
        ]
      }
    }
    return document
  }
}
