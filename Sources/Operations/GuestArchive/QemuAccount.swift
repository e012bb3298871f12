import Glibc
import XMLTree

/// The account that libvirt runs QEMU as on this host.
struct QemuAccount: Equatable {
  let user: uid_t
  let group: gid_t

  /// Read from a `<capabilities>` document: the base label of the `dac` security model, `+UID:+GID`.
  ///
  /// Nothing where libvirt does not separate accounts: QEMU then runs as whoever runs the driver.
  init?(ofCapabilities xml: String) throws {
    let models =
      try XMLDocument.parse(xml).root.firstElement(named: "host")?.elements(named: "secmodel") ?? []
    guard let dac = models.first(where: { $0.firstElement(named: "model")?.stringValue == "dac" }),
      let label = dac.firstElement(named: "baselabel")?.stringValue
    else { return nil }
    let numbers = label.split(separator: ":").map { UInt32($0.drop { $0 == "+" }) }
    guard numbers.count == 2, let user = numbers[0], let group = numbers[1] else { return nil }
    self.user = user
    self.group = group
  }
}
