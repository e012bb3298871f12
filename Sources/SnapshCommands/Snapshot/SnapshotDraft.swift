import XMLTree

/// The `<domainsnapshot>` document that `snapshot-create-as` makes of its arguments.
struct SnapshotDraft {
  let name: String?
  let description: String?
  let memory: MemorySpecification?
  let disks: [DiskSpecification]

  /// The document, byte for byte as virsh makes it.
  var xml: String {
    var root = XMLElement("domainsnapshot")
    if let name { root.children.append(.element(XMLElement("name", children: [.text(name)]))) }
    if let description {
      root.children.append(.element(XMLElement("description", children: [.text(description)])))
    }
    if let memory { root.children.append(.element(memory.element)) }
    if !disks.isEmpty {
      root.children.append(
        .element(XMLElement("disks", children: disks.map { .element($0.element) })))
    }
    // virsh never writes the root in its short form.
    if root.children.isEmpty { root.children = [.text("\n")] }
    return root.text(layout: .libvirt)
  }
}
