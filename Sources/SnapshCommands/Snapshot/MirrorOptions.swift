import CommandGrammar
import Libvirt
import Operations

/// The options of a mirrored snapshot's creation; virsh has none of them.
struct MirrorOptions {
  static let dryRun = Option.flag(
    "dry-run", help: "with a mirror, print what would be done and do nothing (not in virsh)")
  static let wait = Option.flag(
    "wait", help: "with a mirror, wait until it has caught up: the default (not in virsh)")
  static let noWait = Option.flag(
    "no-wait", help: "with a mirror, return while it still catches up (not in virsh)")
  static let timeout = Option.number(
    "timeout", namedOnly: true,
    help: "with a mirror, take all back unless it has caught up in so many seconds (not in virsh)")

  static let bandwidth = Option.scaled(
    "bandwidth", namedOnly: true,
    help: "with a mirror, most MiB/s (or bytes/s, with a unit) while it catches up (not in virsh)")

  static let all: [any DeclaredOption] = [dryRun, wait, noWait, timeout, bandwidth]

  let isDryRun: Bool
  /// Bytes/s; `nil` for no limit.
  let bandwidth: UInt64?
  let patience: MirroredSnapshot.Patience
  /// The first of the options that was given.
  private let given: String?

  /// - Throws: `ArgumentError`.
  init(_ arguments: ParsedArguments) throws {
    try arguments.refuseBoth([(Self.wait, Self.noWait), (Self.timeout, Self.noWait)])
    isDryRun = try arguments[Self.dryRun]
    let seconds = try arguments[Self.timeout]
    if let seconds, seconds < 1 {
      throw ArgumentError.notANumber(option: "timeout", value: String(seconds))
    }
    patience = .init(waits: try !arguments[Self.noWait], timeoutSeconds: seconds)
    bandwidth = try arguments[Self.bandwidth].map { try BandwidthLimit.bytesPerSecond($0) }
    given = Self.all.first { arguments.isGiven($0) }?.grammar.name
  }

  /// Refuses the options where nothing is mirrored.
  ///
  /// - Throws: ``CommandFailure``.
  func refuseWithoutMirror() throws {
    guard let given else { return }
    throw CommandFailure(
      "--\(given) is about mirrors, and the request names none (mirror=FILE, <mirror file='…'/>)")
  }
}
