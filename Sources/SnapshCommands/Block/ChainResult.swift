import Operations

/// What `chain` prints.
struct ChainResult: CommandResult {
  private enum CodingKeys: String, CodingKey {
    case domain
    case isWhole
    case disks
  }

  let domain: String
  let disks: [BackingChain]

  private var isWhole: Bool { disks.allSatisfy(\.isWhole) }

  var exitStatus: Int32 { isWhole ? 0 : 2 }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(domain, forKey: .domain)
    try container.encode(isWhole, forKey: .isWhole)
    try container.encode(disks.map(ChainFields.init), forKey: .disks)
  }

  func render(into text: inout TextOutput) {
    var table = TextTable("Image", "Format", "Virtual", "Allocated", "Snapshots and remarks")
    for disk in disks {
      // The images' names are not unique where the chain is a loop, and may be anything: numbers stand for them.
      var nodes: [(name: String, parent: String?)] = [(disk.target, nil)]
      var drawn: [String: (layer: BackingLayer, remarks: [String])] = [:]
      func add(_ layers: [BackingLayer], _ branch: String, remark: String?) {
        for (index, layer) in layers.enumerated() {
          let name = "\(branch)\(index)"
          nodes.append((name, index == 0 ? disk.target : "\(branch)\(index - 1)"))
          drawn[name] = (layer, index == 0 ? [remark].compactMap { $0 } : [])
        }
      }
      // Only a job that copies into an image of its own is a branch.
      let job = disk.copy.map { "\($0.job), \($0.readiness.rawValue)" }
      let hasBranch = disk.copy?.layers.isEmpty == false
      add(disk.layers, "/", remark: hasBranch ? nil : job)
      add(disk.copy?.layers ?? [], "=", remark: job)
      for (name, indent) in TextTree(nodes).rows {
        guard let (layer, remarks) = drawn[name] else {
          table.add(row: [name, "", "", "", disk.summary])
          continue
        }
        table.add(row: [
          indent + layer.place.name, layer.format ?? "-", size(layer.virtualSize), size(layer.allocatedSize),
          (layer.problemWords + remarks + layer.snapshotWords).joined(separator: ", "),
        ])
      }
    }
    table.render(into: &text)
  }

  private func size(_ bytes: UInt64?) -> String { bytes.map { BinarySize($0).text } ?? "-" }
}

extension BackingChain {
  /// How long the chain is.
  fileprivate var summary: String {
    switch layers.count {
    case 0: "no medium"
    case 1: "1 image"
    default: "\(layers.count) images"
    }
  }
}

extension BackingLayer {
  /// What is wrong, in a few words.
  fileprivate var problemWords: [String] {
    switch problem {
    case .missing: ["missing"]
    case .unreadable(let reason): ["unreadable: \(reason)"]
    case .unknownFormat: ["format not recorded in the image above"]
    case .loop: ["loop: not followed"]
    case nil: isOutOfReach && virtualSize == nil ? ["not looked at"] : []
    }
  }

  /// The snapshots it belongs to.
  fileprivate var snapshotWords: [String] {
    let unknown = (storedSnapshots ?? []).map(\.name).filter { !internalSnapshots.contains($0) }
    return overlayOf.map { "overlay of \($0)" } + frozenBy.map { "state of \($0)" }
      + internalSnapshots.map { "holds \($0)" } + unknown.map { "holds \($0), which libvirt does not know" }
      + mirrorOf.map { "mirror of \($0)" }
  }
}
