import Glibc
import XMLTree

/// The account that libvirt runs QEMU as on this host.
struct QemuAccount: Equatable {
  let user: uid_t
  let group: gid_t

  /// Read from a `<capabilities>` document: the base label of the `dac` security model.
  ///
  /// Nothing where libvirt does not separate accounts: QEMU then runs as whoever runs the driver. A driver inside the
  /// process asks every emulator that is installed before it answers, which takes seconds: where the guest runs, its
  /// own definition is the better source.
  init?(ofCapabilities xml: String) throws {
    let models =
      try XMLDocument.parse(xml).root.firstElement(named: "host")?.elements(named: "secmodel") ?? []
    let dac = models.first { $0.firstElement(named: "model")?.stringValue == "dac" }
    self.init(label: dac?.firstElement(named: "baselabel")?.stringValue)
  }

  /// Read from the definition of a running guest, where libvirt writes it as a label of the model `dac`.
  ///
  /// Nothing where libvirt does not separate accounts.
  init?(ofRunning xml: String) throws(XMLError) {
    let labels = try XMLDocument.parse(xml).root.elements(named: "seclabel")
    let dac = labels.first { $0.attribute("model") == "dac" }
    self.init(label: dac?.firstElement(named: "label")?.stringValue)
  }

  /// `+UID:+GID`; a definition may give names, and numbers without the sign, as well.
  private init?(label: String?) {
    let parts = (label ?? "").split(separator: ":").map(String.init)
    guard parts.count == 2, let user = Self.number(parts[0], named: { getpwnam($0)?.pointee.pw_uid }),
      let group = Self.number(parts[1], named: { getgrnam($0)?.pointee.gr_gid })
    else { return nil }
    self.user = user
    self.group = group
  }

  private static func number(_ text: String, named: (String) -> UInt32?) -> UInt32? {
    if text.hasPrefix("+") { return UInt32(text.dropFirst()) }
    return named(text) ?? UInt32(text)
  }
}
