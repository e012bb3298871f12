import XMLTree

/// A `<domainsnapshot>` request that says of every disk what becomes of it.
struct BranchRequest {
  let name: String
  let description: String
  let memoryFile: String?
  let overlays: [String: DiskChain.Image]
  /// All disks of the domain.
  let targets: [String]

  var xml: String {
    func element(
      _ name: String, _ attributes: [(String, String)] = [], _ children: [XMLNode] = []
    ) -> XMLNode {
      .element(
        XMLElement(name, attributes: attributes.map { XMLAttribute($0.0, $0.1) }, children: children))
    }
    let disks = targets.map { target in
      guard let overlay = overlays[target] else {
        return element("disk", [("name", target), ("snapshot", "no")])
      }
      return element(
        "disk", [("name", target), ("snapshot", "external"), ("type", "file")],
        [element("driver", [("type", overlay.format)]), element("source", [("file", overlay.path)])])
    }
    let memory =
      memoryFile.map { element("memory", [("snapshot", "external"), ("file", $0)]) }
      ?? element("memory", [("snapshot", "no")])
    return XMLElement(
      "domainsnapshot",
      children: [
        element("name", [], [.text(name)]), element("description", [], [.text(description)]), memory,
        element("disks", [], disks),
      ]
    ).text(layout: .libvirt)
  }
}
