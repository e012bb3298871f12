import Libvirt
import Operations

/// What `undefine` prints.
struct UndefineResult: CommandResult {
  /// One volume that was to be removed.
  struct Volume: Encodable, Sendable {
    private enum CodingKeys: String, CodingKey {
      case target
      case source
      case isRemoved
      case error
    }

    /// The disk's target.
    let target: String
    /// The disk's source.
    let source: String?
    /// Whether it was to be overwritten first.
    let wiped: Bool
    let removal: DomainUndefinition.Removal

    init(_ disk: DomainDisk, _ removal: DomainUndefinition.Removal, wiped: Bool) {
      target = disk.target
      source = disk.source
      self.removal = removal
      self.wiped = wiped
    }

    /// libvirt's reason where it was not removed.
    var error: LibvirtError? {
      switch removal {
      case .removed: nil
      case .notWiped(let error), .notRemoved(let error): error
      }
    }

    func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(target, forKey: .target)
      try container.encodeIfPresent(source, forKey: .source)
      try container.encode(removal == .removed, forKey: .isRemoved)
      try container.encodeIfPresent(error?.report, forKey: .error)
    }
  }

  private enum CodingKeys: String, CodingKey {
    case domain
    case uuid
    case action
    case volumes
    case warnings
  }

  let domain: String
  let uuid: String
  /// The word the domain was named with; virsh repeats it.
  let givenName: String
  var volumes: [Volume] = []
  var warnings: [String] = []

  /// 1 where a volume is left that was to be removed.
  var exitStatus: Int32 { volumes.allSatisfy { $0.removal == .removed } ? 0 : 1 }

  /// What virsh writes to its error stream about volumes that are left.
  var volumeErrors: String {
    var lines: [String] = []
    for volume in volumes {
      switch volume.removal {
      case .removed: break
      case .notWiped: lines.append("Failed! Volume not removed.")
      case .notRemoved:
        lines.append("Failed to remove storage volume '\(volume.target)'(\(volume.source ?? ""))")
      }
    }
    if let last = volumes.compactMap(\.error).last { lines.append(last.message) }
    return lines.map { "error: \($0)\n" }.joined()
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(domain, forKey: .domain)
    try container.encode(uuid, forKey: .uuid)
    try container.encode("undefined", forKey: .action)
    try container.encode(volumes, forKey: .volumes)
    try container.encode(warnings, forKey: .warnings)
  }

  func render(into text: inout TextOutput) {
    text.printExtra("Domain '\(givenName)' has been undefined\n")
    for volume in volumes {
      if volume.wiped { text.printExtra("Wiping volume '\(volume.target)'(\(volume.source ?? "")) ... ") }
      if case .notWiped = volume.removal { continue }
      if volume.wiped { text.printExtra("Done.\n") }
      if volume.removal == .removed {
        text.printExtra("Volume '\(volume.target)'(\(volume.source ?? "")) removed.\n")
      }
    }
  }
}
