import CommandGrammar

/// `--bandwidth`: MiB/s, or bytes/s with `--bytes`; a number with a unit is bytes whatever its unit.
struct BandwidthLimit {
  static let option = Option.scaled(
    "bandwidth", wrapping: true, help: "most MiB/s that the job may move")
  static let bytes = Option.flag("bytes", help: "bandwidth counts bytes/s, not MiB/s")

  /// In the unit that ``isInBytes`` says; 0 for no limit.
  let value: UInt
  let isInBytes: Bool

  init(_ arguments: ParsedArguments) throws {
    isInBytes = try arguments[Self.bytes]
    guard let limit = try arguments[Self.option] else {
      value = 0
      return
    }
    let given = UInt(limit.value(defaultUnit: 1) ?? .max)
    value = limit.unit == nil || isInBytes ? given : given >> 20
  }

  /// The limit in bytes/s; `nil` for none.
  ///
  /// - Throws: ``CommandFailure`` when that is more than 64 bits hold.
  func inBytes() throws -> UInt64? {
    guard value > 0 else { return nil }
    guard !isInBytes else { return UInt64(value) }
    guard value <= UInt.max >> 20 else {
      throw CommandFailure("bandwidth must be less than \(UInt.max >> 20)")
    }
    return UInt64(value) << 20
  }

  /// A limit in bytes/s, for commands that virsh does not have: unlike virsh's reading this one keeps what is less than a MiB.
  ///
  /// - Parameters:
  ///   - limit: A number, counted in MiB/s where it has no unit.
  ///   - isInBytes: Whether a number without a unit counts bytes/s.
  /// - Throws: `ArgumentError` for 0, which libvirt takes for no limit, and for more than it takes.
  /// - Returns: Bytes/s.
  static func bytesPerSecond(_ limit: ScaledNumber, isInBytes: Bool = false) throws -> UInt64 {
    guard let value = limit.value(defaultUnit: isInBytes ? 1 : 1 << 20), value > 0, value <= Int64.max else {
      throw ArgumentError.notANumber(option: option.grammar.name, value: String(limit.number))
    }
    return value
  }
}
