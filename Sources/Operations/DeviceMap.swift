/// Where one device of an archive is to be restored, as Proxmox's restore says it on a pipe.
public enum DeviceMapEntry: Equatable, Sendable {
  /// To an existing image or block device.
  case target(device: String, path: String, format: String?, isKnownZero: Bool)
  /// Not at all.
  case skip(device: String)

  /// Options of a line that change nothing here: caches and limits of Proxmox's own block layer.
  private static let ignored = ["throttling.bps", "throttling.group", "cache"]

  /// Reads one line of the map; nil for the line that ends it (`done` or nothing).
  ///
  /// The form is `[format=F:][throttling.bps=N:][throttling.group=G:][cache=MODE:]{0|1}:DEVICE=PATH` or `skip=DEVICE`;
  /// 0 means that the target is known to be zero.
  /// - Parameter line: the line without its newline.
  /// - Throws: ``ArchiveOperationError`` `.map`, in the words of Proxmox's tool.
  /// - Returns: the entry.
  public static func parse(_ line: String) throws(ArchiveOperationError) -> DeviceMapEntry? {
    if line.isEmpty || line == "done" { return nil }
    if line.hasPrefix("skip=") {
      let device = line.dropFirst("skip=".count)
      guard !device.isEmpty else { throw .map(reason: "option 'skip' has no value") }
      return .skip(device: String(device))
    }
    var rest = line[...]
    var options: [String: String] = [:]
    while let option = ([["format"], ignored].joined().first { rest.hasPrefix($0 + "=") }) {
      let valueAndMore = rest.dropFirst(option.count + 1)
      guard let colon = valueAndMore.firstIndex(of: ":"), colon > valueAndMore.startIndex else {
        throw .map(reason: "option '\(option)' has no value")
      }
      guard options[option] == nil else { throw .map(reason: "duplicate value for option '\(option)'") }
      let value = String(valueAndMore[..<colon])
      if option == "throttling.bps", UInt64(value) == nil { throw .map(reason: "not a number: \(value)") }
      options[option] = value
      rest = valueAndMore[valueAndMore.index(after: colon)...]
    }
    guard rest.hasPrefix("0:") || rest.hasPrefix("1:") else {
      throw .map(reason: "parse error ('\(line)')")
    }
    let isKnownZero = rest.hasPrefix("0:")
    rest = rest.dropFirst(2)
    guard let equals = rest.firstIndex(of: "="), equals > rest.startIndex else {
      throw .map(reason: "no dev name specified")
    }
    let path = String(rest[rest.index(after: equals)...])
    guard !path.isEmpty else { throw .map(reason: "parse error ('\(line)')") }
    return .target(
      device: String(rest[..<equals]), path: path, format: options["format"], isKnownZero: isKnownZero)
  }
}
