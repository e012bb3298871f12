import Glibc
import Libvirt
import XMLTree

/// Devices of the host that a running guest was given: PCI functions, mediated devices, network functions. With them
/// its memory cannot be saved.
struct HostDevices: Codable, Equatable {
  /// A device as the guest's document has it.
  private struct Device: Codable, Equatable {
    /// The element.
    var document: String
    /// What people call it.
    var name: String
    /// What no other device of the guest has: its place on the host, or an interface's MAC address.
    var identity: String
  }

  private var devices: [Device]

  /// Those of a `<domain>` document, in its order.
  ///
  /// - Throws: `XMLError` when the text is not a document.
  init(inDomainXML xml: String) throws(XMLError) {
    devices = try XMLDocument.parse(xml).root.elements(named: "devices").flatMap(\.children)
      .compactMap { node in
        guard case .element(let element) = node else { return nil }
        return Self.device(element)
      }
  }

  /// Whether there are none.
  var isEmpty: Bool { devices.isEmpty }

  /// What people call them.
  var names: String { devices.map(\.name).joined(separator: ", ") }

  private static func device(_ element: XMLElement) -> Device? {
    let document = element.text(layout: .libvirt)
    let type = element.attribute("type") ?? "host device"
    switch element.name {
    case "hostdev":
      guard let source = element.firstElement(named: "source") else { return nil }
      let place = source.firstElement(named: "address").map(address) ?? ""
      let identity = type + source.text(layout: .libvirt)
      return Device(document: document, name: place.isEmpty ? type : "\(type) \(place)", identity: identity)
    case "interface" where type == "hostdev":
      guard let mac = element.firstElement(named: "mac")?.attribute("address") else { return nil }
      return Device(document: document, name: "interface \(mac)", identity: "interface \(mac.lowercased())")
    default: return nil
    }
  }

  /// `0000:06:02.0` for a PCI address, a mediated device's UUID, otherwise what the address says.
  private static func address(_ element: XMLElement) -> String {
    func digits(_ name: String) -> String? {
      element.attribute(name).map { String($0.hasPrefix("0x") ? $0.dropFirst(2) : $0[...]) }
    }
    if let bus = digits("bus"), let slot = digits("slot"), let function = digits("function") {
      return "\(digits("domain") ?? "0000"):\(bus):\(slot).\(function)"
    }
    return element.attributes.map(\.value).joined(separator: ":")
  }

  /// Takes them from the guest, one after another, and returns when it has let go of all.
  ///
  /// - Parameters:
  ///   - guest: the guest.
  ///   - cancellation: asked while a guest takes its time.
  ///   - wait: passes the time between two looks.
  /// - Throws: ``GuestArchiveError`` `.hostDeviceStays`, `LibvirtError`.
  func detach(
    from guest: some DeviceHost, cancellation: Cancellation, wait: () -> Void = { usleep(100_000) }
  ) throws {
    for device in devices {
      try cancellation.check()
      try guest.detachLiveDevice(device.document)
      var looks = 0
      while try Self(inDomainXML: guest.liveDocument()).has(device) {
        try cancellation.check()
        guard looks < 300 else { throw GuestArchiveError.hostDeviceStays(name: device.name) }
        looks += 1
        wait()
      }
    }
  }

  /// Gives the guest those back that it does not have; tries all, whatever fails.
  ///
  /// - Throws: the first `LibvirtError`.
  func attach(to guest: some DeviceHost) throws {
    let present = try Self(inDomainXML: guest.liveDocument())
    var failure: (any Error)?
    for device in devices where !present.has(device) {
      do { try guest.attachLiveDevice(device.document) } catch { failure = failure ?? error }
    }
    if let failure { throw failure }
  }

  private func has(_ device: Device) -> Bool {
    devices.contains { $0.identity == device.identity }
  }
}

/// A guest whose devices come and go while it runs.
protocol DeviceHost {
  /// Its `<domain>` document as it runs.
  func liveDocument() throws -> String
  /// Takes a device from it; it may let go later.
  func detachLiveDevice(_ document: String) throws
  /// Gives it a device.
  func attachLiveDevice(_ document: String) throws
}

extension Domain: DeviceHost {
  func liveDocument() throws -> String { try xml() }
  func detachLiveDevice(_ document: String) throws { try detachDevice(xml: document, .live) }
  func attachLiveDevice(_ document: String) throws { try attachDevice(xml: document, .live) }
}
