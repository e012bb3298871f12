import XMLTree

/// The disks that a snapshot request leaves out by name.
struct DisksLeftOut {
  private let leftOut: Set<String>

  /// - Throws: `XMLError` when the text is no document.
  init(xml: String) throws(XMLError) {
    let disks = try XMLDocument.parse(xml).root.elements(named: "disks").flatMap {
      $0.elements(named: "disk")
    }
    leftOut = Set(disks.filter { $0.attribute("snapshot") == "no" }.compactMap { $0.attribute("name") })
  }

  func contains(_ disk: MirrorRecord.Disk) -> Bool {
    leftOut.contains(disk.target) || leftOut.contains(disk.overlay)
  }
}
