import XMLTree

/// The `<domainsnapshot>` or `<domaincheckpoint>` document that a command makes of its arguments.
struct MomentDraft {
  /// The name of the root element.
  let root: String
  let name: String?
  let description: String?
  /// A snapshot's `<memory>`.
  var memory: XMLElement?
  /// What `<disks>` holds.
  let disks: [XMLElement]

  /// The document, byte for byte as virsh makes it.
  var xml: String {
    var root = XMLElement(root)
    if let name { root.children.append(.element(XMLElement("name", children: [.text(name)]))) }
    if let description {
      root.children.append(.element(XMLElement("description", children: [.text(description)])))
    }
    if let memory { root.children.append(.element(memory)) }
    if !disks.isEmpty {
      root.children.append(.element(XMLElement("disks", children: disks.map { .element($0) })))
    }
    // virsh never writes the root in its short form.
    if root.children.isEmpty { root.children = [.text("\n")] }
    return root.text(layout: .libvirt)
  }

  /// What `--print-xml` prints.
  var result: PlainText<DocumentFields> {
    PlainText(xml + "\n", fields: DocumentFields(xml: xml))
  }
}
