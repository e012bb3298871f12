import VMA

/// What an archive's header says, for people as Proxmox's `vma list` prints it.
struct ArchiveListing: CommandResult {
  struct Config: Encodable {
    let name: String
    let sizeBytes: Int
  }

  struct Device: Encodable {
    let id: UInt8
    let name: String
    /// Of a memory stream an upper bound.
    let sizeBytes: UInt64
    /// `disk` or `memory`.
    let kind: String
  }

  let uuid: String
  /// The instant by RFC 3339, in UTC.
  let creationTime: String
  let creationTimeSeconds: Int64
  let configs: [Config]
  let devices: [Device]
  /// Whether the archive carries digests of its data.
  let hasDigests: Bool

  init(_ header: ArchiveHeader) {
    uuid = header.uuid.description
    creationTime = LocalTime(seconds: header.creationTime).rfc3339
    creationTimeSeconds = header.creationTime
    configs = header.configs.map { Config(name: $0.name, sizeBytes: $0.data.count) }
    devices = header.devices.map {
      Device(id: $0.id, name: $0.name, sizeBytes: $0.size, kind: $0.isVMState ? "memory" : "disk")
    }
    hasDigests = header.integrity == .digests
  }

  /// The lines, `CTIME:` always last.
  var text: String {
    var text = ""
    for config in configs { text += "CFG: size: \(config.sizeBytes) name: \(config.name)\n" }
    for device in devices {
      text +=
        device.kind == "memory"
        ? "VMSTATE: dev_id=\(device.id) memory: \(device.sizeBytes)\n"
        : "DEV: dev_id=\(device.id) size: \(device.sizeBytes) devname: \(device.name)\n"
    }
    return text + "CTIME: \(LocalTime(seconds: creationTimeSeconds).ctime)\n"
  }

  func render(into text: inout TextOutput) { text.print(self.text) }
}
