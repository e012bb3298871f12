import CommandGrammar
import Glibc
import Libvirt

/// `domtime DOMAIN`: reads or sets the guest's clock.
struct DomainTimeCommand: VirshCommand {
  private static let now = Option.flag("now", help: "set to the time of the host running virsh")
  private static let pretty = Option.flag("pretty", help: "print domain's time in human readable form")
  private static let synchronizes = Option.flag(
    "sync", help: "instead of setting given time, synchronize from domain's RTC")
  private static let time = Option.number("time", help: "time to set")

  static let grammar = CommandGrammar(
    name: "domtime", group: "domain", abstract: "domain time",
    discussion: "Gets or sets the domain's system time",
    options: [DomainOption.domain, now, pretty, synchronizes, time],
    examples: [("snapsh domtime guest --sync", "Set the guest's clock right after it has been restored.")])

  private let domain: String
  private let isPretty: Bool
  private let synchronizes: Bool
  private let setsNow: Bool
  private let time: Int?

  init(_ arguments: ParsedArguments) throws {
    domain = try arguments[DomainOption.domain]
    isPretty = try arguments[Self.pretty]
    synchronizes = try arguments[Self.synchronizes]
    setsNow = try arguments[Self.now]
    let givesTime = arguments.isGiven(Self.time)
    if givesTime && setsNow { throw ArgumentError.mutuallyExclusive("--time", "--now") }
    if givesTime && synchronizes { throw ArgumentError.mutuallyExclusive("--time", "--sync") }
    if setsNow && synchronizes { throw ArgumentError.mutuallyExclusive("--now", "--sync") }
    time = try arguments[Self.time]
  }

  func run(in session: Session) throws -> any CommandResult {
    let found = try session.domain(domain)
    guard setsNow || synchronizes || time != nil else {
      let instant = try found.time()
      return DomainTimeResult(domain: found.name, seconds: instant.seconds, isPretty: isPretty)
    }
    try session.waitForExclusiveJob(of: found)
    let seconds = setsNow ? Int64(Glibc.time(nil)) : Int64(time ?? 0)
    try found.setTime(seconds: seconds, synchronizing: synchronizes)
    return Sentence(
      "", fields: DomainAction(domain: found.name, uuid: try found.uuid(), action: "clock-set"))
  }
}

/// What `domtime` prints.
struct DomainTimeResult: CommandResult {
  private enum CodingKeys: String, CodingKey {
    case domain, timeSeconds, time
  }

  let domain: String
  let seconds: Int64
  let isPretty: Bool

  func render(into text: inout TextOutput) {
    text.print("Time: " + (isPretty ? LocalTime(seconds: seconds).clockFace : String(seconds)))
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(domain, forKey: .domain)
    try container.encode(seconds, forKey: .timeSeconds)
    try container.encode(LocalTime(seconds: seconds).rfc3339, forKey: .time)
  }
}
