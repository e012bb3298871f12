import XMLTree

/// A snapshot's document with the mirrors that libvirt does not know of.
public enum MirroredSnapshotXML {
  /// Puts a `<mirror file='…'/>` behind the source of each mirrored disk.
  ///
  /// - Parameters:
  ///   - record: The snapshot's record; `nil` leaves the text as it is, byte for byte.
  ///   - xml: What libvirt says of the snapshot.
  /// - Throws: `XMLError` when that is no document.
  /// - Returns: The document as text.
  public static func adding(_ record: MirrorRecord?, to xml: String) throws(XMLError) -> String {
    guard let record else { return xml }
    var root = try XMLDocument.parse(xml).root
    root.editElements(named: "disks") { disks in
      disks.editElements(named: "disk") { disk in
        let name = disk.attribute("name")
        guard let mirror = record.mirrors.first(where: { $0.disk.target == name }) else { return }
        let element = XMLElement("mirror", attributes: [XMLAttribute("file", mirror.path)])
        disk.children.append(.element(element))
      }
    }
    return root.text(layout: .libvirt)
  }
}
