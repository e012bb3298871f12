import XMLTree

/// A disk as a `<domain>` document names it, as far as lists and file handling need it.
public struct DomainDisk: Equatable, Sendable {
  /// What kind of storage holds it: `file`, `block`, `network`, `volume`, …
  public let type: String
  /// What the guest sees: `disk`, `cdrom`, `floppy` or `lun`.
  public let device: String
  /// The guest's name for it, such as `vda`.
  public let target: String
  /// The image's format as the document names it, such as `qcow2`; `nil` where it leaves that to the driver.
  public let format: String?
  /// The path, device, directory, volume or name it comes from; `nil` for an empty drive.
  public let source: String?
  /// The storage pool of a disk of type `volume`.
  public let pool: String?

  /// The disks of a `<domain>` document, in its order.
  ///
  /// - Throws: `XMLError` when the text is not a document.
  public static func disks(inDomainXML xml: String) throws(XMLError) -> [DomainDisk] {
    let document = try XMLDocument.parse(xml)
    let devices = document.root.elements(named: "devices")
    return devices.flatMap { $0.elements(named: "disk") }.map(DomainDisk.init)
  }

  /// Reads a `<disk>`.
  init(_ disk: XMLElement) {
    type = disk.attribute("type") ?? "file"
    device = disk.attribute("device") ?? "disk"
    target = disk.firstElement(named: "target")?.attribute("dev") ?? ""
    format = disk.firstElement(named: "driver")?.attribute("type")
    let source = disk.firstElement(named: "source")
    self.source =
      ["file", "dev", "dir", "name", "volume", "path"].lazy
      .compactMap { source?.attribute($0) }.first
    pool = source?.attribute("pool")
  }
}
