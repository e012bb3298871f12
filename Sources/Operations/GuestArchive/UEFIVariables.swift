import XMLTree

/// Where a `<domain>` document says that a guest's UEFI variables are.
enum UEFIVariables {
  /// The path in `<nvram>`: its text, or since libvirt 8.5 the `file` of a `<source>` in it.
  static func path(in domain: XMLElement) -> String? {
    guard let nvram = domain.firstElement(named: "os")?.firstElement(named: "nvram") else { return nil }
    if let source = nvram.firstElement(named: "source") { return source.attribute("file") }
    let text = nvram.stringValue
    return text.isEmpty ? nil : text
  }

  /// The document with another path; nil lets libvirt choose one by the guest's name.
  static func put(_ path: String?, into domain: inout XMLElement) {
    domain.editElements(named: "os") { os in
      os.editElements(named: "nvram") { nvram in
        // The old spelling, which every libvirt understands.
        nvram.attributes.removeAll { $0.name == "type" }
        nvram.children = path.map { [.text($0)] } ?? []
      }
    }
  }
}
