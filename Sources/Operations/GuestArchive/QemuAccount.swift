import Glibc
import Libvirt
import XMLTree

/// The account that libvirt runs QEMU as on this host.
struct QemuAccount: Equatable {
  let user: uid_t
  let group: gid_t

  /// Found out for a guest that is going to be started.
  ///
  /// A driver inside the process gives its own directories to that account when it is opened (libvirt's
  /// `qemuStateInitialize`), and they tell it at once; a daemon has its capabilities ready.
  /// - Parameter connection: Where the guest is started.
  /// - Throws: libvirt's error, or `XMLError`.
  init?(of connection: Connection) throws {
    let uri = try connection.uri()
    if uri.hasPrefix("qemu:///embed?"), let directory = ManagedSaveFile.directory(uri: uri),
      let owner = Self(owning: directory)
    {
      self = owner
    } else {
      try self.init(ofCapabilities: connection.capabilities())
    }
  }

  /// The owner of a directory; nothing where there is none.
  init?(owning directory: String) {
    var status = stat()
    guard stat(directory, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else { return nil }
    user = status.st_uid
    group = status.st_gid
  }

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
