import Glibc

/// Where libvirt's QEMU driver keeps its managed saves; no API tells.
enum ManagedSaveFile {
  /// The directory for a connection on this host.
  ///
  /// Libvirt 9.0: `/var/lib/libvirt/qemu/save`, below the root of an embedded driver `lib/qemu/save`, and
  /// `$XDG_CONFIG_HOME/libvirt/qemu/save` for a session.
  /// - Returns: `nil` for a remote connection, and for drivers of another kind.
  static func directory(uri: String) -> String? {
    guard uri.hasPrefix("qemu:///") else { return nil }
    let rest = uri.dropFirst("qemu:///".count)
    let path = rest.prefix { $0 != "?" }
    switch path {
    case "system": return "/var/lib/libvirt/qemu/save"
    case "session":
      if let configuration = getenv("XDG_CONFIG_HOME").map({ String(cString: $0) }), !configuration.isEmpty {
        return configuration + "/libvirt/qemu/save"
      }
      return getenv("HOME").map { String(cString: $0) + "/.config/libvirt/qemu/save" }
    case "embed":
      let fields = rest.dropFirst(path.count + 1).split(separator: "&")
      guard let root = fields.first(where: { $0.hasPrefix("root=") }) else { return nil }
      return decoded(root.dropFirst("root=".count)).map { $0 + "/lib/qemu/save" }
    default: return nil
    }
  }

  /// A value with its percent escapes taken out.
  private static func decoded(_ text: Substring) -> String? {
    var bytes: [UInt8] = []
    var rest = text.utf8[...]
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "%") else {
        bytes.append(byte)
        continue
      }
      guard let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16) else { return nil }
      bytes.append(value)
      rest = rest.dropFirst(2)
    }
    return String(validating: bytes, as: UTF8.self)
  }
}
