import Libvirt
import XMLTree

/// Letting libvirt forget a snapshot whose images stay.
public enum SnapshotForgetting {
  /// Deletes a snapshot's metadata and nothing else.
  ///
  /// libvirt 9.0 takes the deletion for a merge: it writes into the snapshots below, those further down too, that their
  /// disks were on what the forgotten one had frozen. Going back to one of them would give an older state. So they are
  /// written anew.
  /// - Throws: libvirt's error, `XMLError`.
  public static func forget(_ snapshot: DomainSnapshot) throws {
    let domain = snapshot.domain
    guard try domain.connection.driver() == "QEMU" else { return try snapshot.delete(.metadataOnly) }
    let name = snapshot.name
    let below = try SnapshotFamily(of: domain).descendants(of: name)
    let parent = try snapshot.parent()?.name
    try snapshot.delete(.metadataOnly)
    for one in below {
      let document = one.parent == name ? one.withParent(parent) : one.document
      try SnapshotRedefinition.replaceDocument(document.text(layout: .libvirt), of: domain)
    }
  }
}

extension SnapshotFiles {
  /// The document with another parent; none makes it a root.
  func withParent(_ parent: String?) -> XMLElement {
    var document = document
    document.removeElements(named: ["parent"])
    if let parent {
      let name = XMLElement("name", children: [.text(parent)])
      document.children.append(.element(XMLElement("parent", children: [.element(name)])))
    }
    return document
  }

  /// The document with other images as what some disks were.
  func withFrozen(_ images: [String: DiskChain.Image]) -> XMLElement {
    var document = document
    for name in ["domain", "inactiveDomain"] {
      document.editElements(named: name) { $0 = $0.withDisks(at: images) }
    }
    return document
  }
}
