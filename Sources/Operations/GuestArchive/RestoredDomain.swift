import FoundationEssentials
import XMLTree

/// The `<domain>` document of an archive, on its way to a new place and perhaps a new identity.
struct RestoredDomain {
  let name: String
  let disks: [GuestDisk]
  private let root: XMLElement

  /// Reads the document.
  ///
  /// - Throws: ``GuestArchiveError`` for what is no `<domain>` with a name.
  init(_ text: [UInt8], archive: String) throws(GuestArchiveError) {
    do {
      root = try XMLDocument.parse(text).root
      disks = try GuestDisk.disks(inDomainXML: String(decoding: text, as: UTF8.self))
    } catch {
      throw .domainXML(archive: archive, reason: "\(error)")
    }
    guard root.qualifiedName == "domain", let name = root.firstElement(named: "name")?.stringValue,
      !name.isEmpty
    else { throw .domainXML(archive: archive, reason: "it is no <domain> with a name") }
    // Names of files are made of them.
    for text in [name] + disks.map(\.target) where text.contains("/") || text.hasPrefix(".") {
      throw .domainXML(archive: archive, reason: "'\(text)' is no name of a domain or of a disk")
    }
    self.name = name
  }

  /// Where the guest's UEFI variables were; nil where it has none.
  var nvramPath: String? {
    UEFIVariables.path(in: root)
  }

  /// The document with its disks in new places.
  ///
  /// - Parameters:
  ///   - places: the disks that have moved.
  ///   - name: a new name; with it come a new UUID and new MAC addresses.
  ///   - keepsIdentity: leaves UUID and MAC addresses as they are despite a new name.
  ///   - nvram: where the UEFI variables are now; nil leaves the path, and libvirt to choose one for a new name.
  /// - Returns: the `<domain>` element.
  func placed(_ places: [GuestDisk], name: String?, keepsIdentity: Bool, nvram: String?) -> XMLElement {
    let places = Dictionary(places.map { ($0.target, $0) }) { first, _ in first }
    var domain = root
    domain.editDisks { target, disk in places[target]?.place(&disk) }
    domain.attributes.removeAll { $0.name == "id" }
    if nvram != nil || name != nil { UEFIVariables.put(nvram, into: &domain) }
    if domain.firstElement(named: "uuid") == nil {
      let uuid = UUID().uuidString.lowercased()
      domain.children.insert(.element(XMLElement("uuid", children: [.text(uuid)])), at: 0)
    }
    guard let name else { return domain }
    domain.editElements(named: "name") { $0.setText(name) }
    if !keepsIdentity { giveNewIdentity(to: &domain) }
    return domain
  }

  private func giveNewIdentity(to domain: inout XMLElement) {
    let uuid = UUID().uuidString.lowercased()
    domain.editElements(named: "uuid") { $0.setText(uuid) }
    // libvirt insists on the same UUID in both places.
    domain.editElements(named: "sysinfo") { information in
      information.editElements(named: "system") { system in
        system.editElements(named: "entry") { entry in
          if entry.attribute("name") == "uuid" { entry.setText(uuid) }
        }
      }
    }
    domain.editElements(named: "devices") { devices in
      devices.editElements(named: "interface") { interface in
        interface.editElements(named: "mac") { $0.setAttribute("address", Self.randomAddress()) }
      }
    }
  }

  /// An address of the range that QEMU and libvirt give out: `52:54:00` and three bytes.
  private static func randomAddress() -> String {
    let bytes: [UInt8] = [0x52, 0x54, 0] + (0..<3).map { _ in UInt8.random(in: 0...255) }
    return bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined(separator: ":")
  }
}
