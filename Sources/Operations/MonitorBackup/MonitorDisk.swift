import QMP

/// A disk of a QEMU that its monitor tells of.
struct MonitorDisk: Codable, Equatable {
  /// What people call it, and the archive behind `drive-`: its node's name, or its drive's where the node has none.
  let name: String
  /// What QEMU calls it: a node's name, or a drive's.
  let device: String
  /// All names by which it can be chosen.
  let names: [String]
  /// Bytes.
  let size: UInt64
  /// Whether it is archived unless told otherwise: the guest has it, with a medium that it can write to.
  let isChosenByItself: Bool

  /// What the disk is called in an archive, as those of libvirt's guests are.
  var archiveName: String { "drive-\(name)" }

  /// Reads an element of `query-block`; nil for a drive without a medium.
  init?(block: QMPValue) {
    guard let medium = block["inserted"], let size = Self.size(of: medium) else { return nil }
    let drive = block["device"]?.string ?? ""
    let device = block["qdev"]?.string ?? ""
    let node = medium["node-name"]?.string ?? ""
    // Names that QEMU makes up begin with '#', and are other ones the next time.
    guard let name = [node.hasPrefix("#") ? "" : node, drive, node].first(where: { !$0.isEmpty }) else {
      return nil
    }
    self.name = name
    self.device = node.isEmpty ? drive : node
    // A device with a name of its own has it in its path: /machine/peripheral/NAME/virtio-backend.
    let path = device.split(separator: "/").map(String.init)
    let own = path.firstIndex(of: "peripheral").flatMap { path.dropFirst($0 + 1).first } ?? device
    names = [name, node, drive, own].filter { !$0.isEmpty }
    self.size = size
    isChosenByItself = !device.isEmpty && medium["ro"]?.boolean != true
  }

  /// Reads an element of `query-named-block-nodes`, for nodes that no device has.
  init?(node: QMPValue) {
    guard let name = node["node-name"]?.string, !name.isEmpty, let size = Self.size(of: node) else {
      return nil
    }
    self.name = name
    device = name
    names = [name]
    self.size = size
    isChosenByItself = false
  }

  private static func size(of node: QMPValue) -> UInt64? {
    node["image"]?["virtual-size"]?.integer.flatMap { UInt64(exactly: $0) }
  }

  /// The wanted disks, in QEMU's order.
  ///
  /// - Parameters:
  ///   - selection: the names of those that are wanted alone, and of those that are not.
  ///   - blocks: the answer to `query-block`.
  ///   - nodes: the answer to `query-named-block-nodes`.
  /// - Throws: ``MonitorBackupError``.
  /// - Returns: none where none is chosen.
  static func chosen(
    by selection: GuestDiskSelection, blocks: QMPValue, nodes: QMPValue
  ) throws(MonitorBackupError) -> [MonitorDisk] {
    let drives = blocks.elements.compactMap { MonitorDisk(block: $0) }
    let others = nodes.elements.compactMap { MonitorDisk(node: $0) }
      .filter { other in !drives.contains { $0.names.contains(other.name) } }
    func find(_ name: String) throws(MonitorBackupError) -> MonitorDisk {
      guard let disk = (drives + others).first(where: { $0.names.contains(name) }) else {
        throw .unknownDisk(name, known: drives.map(\.name))
      }
      return disk
    }
    var wanted = drives.filter(\.isChosenByItself)
    if !selection.included.isEmpty {
      var included: [MonitorDisk] = []
      for name in selection.included {
        let disk = try find(name)
        if !included.contains(disk) { included.append(disk) }
      }
      wanted = (drives + others).filter(included.contains)
    }
    for name in selection.excluded {
      let disk = try find(name)
      wanted.removeAll { $0 == disk }
    }
    if let empty = wanted.first(where: { $0.size == 0 }) { throw .emptyDisk(empty.name) }
    return wanted
  }
}
