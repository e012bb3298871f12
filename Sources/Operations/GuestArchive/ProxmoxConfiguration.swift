import VMA
import XMLTree

/// The config `qemu-server.conf` of a libvirt guest, without which Proxmox VE restores no archive.
///
/// It says what a guest needs to boot and to be found in the network; all else is in `libvirt-domain.xml` beside it, for
/// a way back without loss. Storage and bridge are those of a fresh Proxmox VE, `local-lvm` and `vmbr0`; its restore can
/// put both elsewhere. (qm.conf(5), and the hints that its backup writes behind the settings.)
struct ProxmoxConfiguration {
  /// The config's name.
  static let configName = "qemu-server.conf"
  private static let storage = "local-lvm"
  private static let bridge = "vmbr0"

  private var lines: [String] = []
  private var hints: [String] = []
  private var next: [String: Int] = [:]
  private var bootOrder: [(order: Int, device: String)] = []
  private let devices: XMLElement
  private let domain: XMLElement

  /// - Parameters:
  ///   - domain: the `<domain>`.
  ///   - disks: its disks that are in the archive.
  ///   - nvram: the archive's device of the UEFI variables and its size in bytes; nil where there is none.
  init(_ domain: XMLElement, disks: [GuestDisk], nvram: (device: String, size: UInt64)?) {
    self.domain = domain
    devices = domain.firstElement(named: "devices") ?? XMLElement("devices")
    addMachine()
    for disk in disks { add(disk) }
    addFirmware(nvram)
    addInterfaces()
    addOtherDevices()
    if !bootOrder.isEmpty {
      let order = bootOrder.sorted { $0.order < $1.order }.map(\.device).joined(separator: ";")
      lines.append("boot: order=\(order)")
    }
  }

  /// The config.
  var config: ArchiveConfig {
    ArchiveConfig(
      name: Self.configName, data: Array((lines.sorted() + hints).map { $0 + "\n" }.joined().utf8))
  }

  // MARK: - The machine

  private mutating func addMachine() {
    lines.append("name: \(Self.label(domain.firstElement(named: "name")?.stringValue ?? "guest"))")
    if let uuid = domain.firstElement(named: "uuid").flatMap({ ArchiveUUID($0.stringValue) }) {
      lines.append("smbios1: uuid=\(uuid)")
    }
    if let memory = Self.mebibytes(domain.firstElement(named: "memory")) {
      lines.append("memory: \(max(16, memory))")
    }
    addProcessors()
    if domain.firstElement(named: "os")?.firstElement(named: "type")?.attribute("machine")?.contains("q35")
      == true
    {
      lines.append("machine: q35")
    }
    if domain.firstElement(named: "clock")?.attribute("offset") == "localtime" {
      lines.append("localtime: 1")
    }
  }

  private mutating func addProcessors() {
    let count = domain.firstElement(named: "vcpu").flatMap { Int($0.stringValue) } ?? 1
    let processor = domain.firstElement(named: "cpu")
    var sockets = 1
    if let topology = processor?.firstElement(named: "topology"),
      let given = topology.attribute("sockets").flatMap({ Int($0) }), given > 0, count % given == 0
    {
      sockets = given
    }
    lines += ["sockets: \(sockets)", "cores: \(max(1, count / sockets))"]
    if let mode = processor?.attribute("mode"), mode.hasPrefix("host-") { lines.append("cpu: host") }
  }

  private mutating func addFirmware(_ nvram: (device: String, size: UInt64)?) {
    let system = domain.firstElement(named: "os")
    guard
      system?.attribute("firmware") == "efi"
        || system?.firstElement(named: "loader")?.attribute("type") == "pflash"
    else { return }
    lines.append("bios: ovmf")
    guard let nvram else { return }
    // Proxmox's variables of the small kind are 128 KiB.
    let kind = nvram.size > 131_072 ? "efitype=4m," : ""
    lines.append("efidisk0: \(Self.storage):vm-9999-disk-efi,\(kind)size=528K")
    hints.append("#qmdump#map:efidisk0:\(nvram.device):\(Self.storage):raw:")
  }

  // MARK: - Devices

  /// How many drives of each bus Proxmox VE knows.
  private static let buses = ["virtio": 16, "scsi": 31, "sata": 6, "ide": 4]

  private mutating func add(_ disk: GuestDisk) {
    let element = devices.elements(named: "disk").first {
      $0.firstElement(named: "target")?.attribute("dev") == disk.target
    }
    let bus = element?.firstElement(named: "target")?.attribute("bus") ?? "virtio"
    guard let drive = take(bus) ?? take("scsi") else { return }
    let discard = element?.firstElement(named: "driver")?.attribute("discard") == "unmap" ? ",discard=on" : ""
    lines.append("\(drive): \(Self.storage):vm-9999-\(drive)\(discard)")
    hints.append("#qmdump#map:\(drive):\(disk.device):\(Self.storage):raw:")
    if drive.hasPrefix("scsi"), !lines.contains(where: { $0.hasPrefix("scsihw:") }) {
      lines.append("scsihw: \(scsiController)")
    }
    let order = element?.firstElement(named: "boot")?.attribute("order").flatMap { Int($0) }
    let bootsFromDisk = domain.firstElement(named: "os")?.elements(named: "boot")
      .contains { $0.attribute("dev") == "hd" }
    if let order {
      bootOrder.append((order, drive))
    } else if bootsFromDisk == true, bootOrder.isEmpty {
      bootOrder.append((1, drive))
    }
  }

  private mutating func take(_ bus: String) -> String? {
    guard let limit = Self.buses[bus], next[bus, default: 0] < limit else { return nil }
    defer { next[bus, default: 0] += 1 }
    return "\(bus)\(next[bus, default: 0])"
  }

  private var scsiController: String {
    let model = devices.elements(named: "controller").first { $0.attribute("type") == "scsi" }?
      .attribute("model")
    return switch model {
    case "lsilogic": "lsi"
    case "vmpvscsi": "pvscsi"
    case "lsisas1078": "megasas"
    default: "virtio-scsi-pci"
    }
  }

  /// Models of both worlds under one name.
  private static let models: Set<String> = [
    "e1000", "e1000e", "i82551", "i82557b", "i82559er", "ne2k_isa", "ne2k_pci", "pcnet", "rtl8139", "virtio",
    "vmxnet3",
  ]

  private mutating func addInterfaces() {
    for (index, interface) in devices.elements(named: "interface").prefix(32).enumerated() {
      let asked = interface.firstElement(named: "model")?.attribute("type") ?? "rtl8139"
      let model = Self.models.contains(asked) ? asked : "virtio"
      let address = interface.firstElement(named: "mac")?.attribute("address") ?? ""
      let isAddress = address.wholeMatch(of: /[0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2}){5}/) != nil
      lines.append("net\(index): \(model)\(isAddress ? "=\(address)" : ""),bridge=\(Self.bridge)")
    }
  }

  private mutating func addOtherDevices() {
    let hasSerial = !devices.elements(named: "serial").isEmpty
    if hasSerial { lines.append("serial0: socket") }
    if hasSerial, devices.elements(named: "graphics").isEmpty { lines.append("vga: serial0") }
    let hasAgent = devices.elements(named: "channel").contains {
      $0.firstElement(named: "target")?.attribute("name") == "org.qemu.guest_agent.0"
    }
    if hasAgent { lines.append("agent: 1") }
    if !devices.elements(named: "rng").isEmpty { lines.append("rng0: source=/dev/urandom") }
  }

  // MARK: - Values

  /// Labels of letters, digits and hyphens, joined by dots, as Proxmox VE wants names.
  private static func label(_ name: String) -> String {
    let allowed = name.unicodeScalars.map { scalar in
      scalar.isASCII && (scalar.properties.isAlphabetic || ("0"..."9").contains(scalar)) || scalar == "."
        ? Character(scalar) : "-"
    }
    let labels = String(allowed).split(separator: ".").map { part in
      String(part.drop { $0 == "-" }.reversed().drop { $0 == "-" }.reversed())
    }.filter { !$0.isEmpty }
    return labels.isEmpty ? "guest" : labels.joined(separator: ".")
  }

  /// libvirt writes memory in KiB; other units come from documents by hand.
  private static func mebibytes(_ memory: XMLElement?) -> UInt64? {
    guard let memory, let number = UInt64(memory.stringValue) else { return nil }
    switch memory.attribute("unit") ?? "KiB" {
    case "KiB": return number / 1024
    case "MiB": return number
    case "GiB": return number.multipliedReportingOverflow(by: 1024).partialValue
    default: return nil
    }
  }
}
