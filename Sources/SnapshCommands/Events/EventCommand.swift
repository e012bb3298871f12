import CommandGrammar
import Libvirt
import Operations

/// `event`: waits for what happens to domains, and prints it.
struct EventCommand: VirshCommand {
  private static let domain = Option.text(
    "domain", completes: .domain, help: "filter by domain name, id or uuid")
  private static let event = Option.text(
    "event", completes: .words(DomainEvent.Kind.allCases.map(\.word)), help: "which event type to wait for")
  private static let all = Option.flag("all", help: "wait for all events instead of just one type")
  private static let loops = Option.flag(
    "loop", help: "loop until timeout or interrupt, rather than one-shot")
  private static let timeout = Option.number("timeout", help: "timeout seconds")
  private static let list = Option.flag("list", help: "list valid event types")
  private static let timestamp = Option.flag("timestamp", help: "show timestamp for each printed event")

  static let grammar = CommandGrammar(
    name: "event", group: "host", abstract: "Domain Events",
    discussion: "List event types, or wait for domain events to occur",
    options: [domain, event, all, loops, timeout, list, timestamp],
    exitStatuses: [
      0: "at least one event has come",
      1: "none has come before the time was over or Ctrl-C, or the command failed",
    ],
    examples: [("snapsh event --all --loop --timestamp", "Watch all guests until Ctrl-C.")])

  private let arguments: ParsedArguments
  private let kinds: [DomainEvent.Kind]
  private let lists: Bool
  private let loops: Bool
  private let showsTime: Bool
  private let timeout: Duration?

  init(_ arguments: ParsedArguments) throws {
    self.arguments = arguments
    lists = try arguments[Self.list]
    loops = try arguments[Self.loops]
    showsTime = try arguments[Self.timestamp]
    let all = try arguments[Self.all]
    if all && arguments.isGiven(Self.event) { throw ArgumentError.mutuallyExclusive("--all", "--event") }
    if lists && all { throw ArgumentError.mutuallyExclusive("--list", "--all") }
    if lists && arguments.isGiven(Self.event) {
      throw ArgumentError.mutuallyExclusive("--list", "--event")
    }
    kinds = try Self.kinds(all: all || lists, word: arguments[Self.event])
    timeout = try lists ? nil : Self.timeout(in: arguments)
  }

  private static func kinds(all: Bool, word: String?) throws -> [DomainEvent.Kind] {
    if all { return DomainEvent.Kind.allCases }
    guard let word else {
      throw CommandFailure("one of --list, --all, or --event <type> is required")
    }
    guard let kind = DomainEvent.Kind.allCases.first(where: { $0.word == word }) else {
      throw CommandFailure("unknown event type \(word)")
    }
    return [kind]
  }

  private static func timeout(in arguments: ParsedArguments) throws -> Duration? {
    guard let seconds = try arguments[timeout] else { return nil }
    // As many milliseconds as a C int holds is what virsh takes.
    guard (1...Int(Int32.max) / 1000).contains(seconds) else {
      throw ArgumentError.notANumber(option: "timeout", value: String(seconds))
    }
    return .seconds(seconds)
  }

  func run(in session: Session) throws -> any CommandResult {
    if lists { return EventTypeList(types: kinds.map(\.word)) }
    let domain = try arguments[Self.domain].map { try session.domain($0) }
    let watch = try DomainEventWatch(kinds, on: session.connection(), of: domain)
    let cancellation = session.interruptible()
    var count = 0
    let ending = try watch.run(loops: loops, timeout: timeout, cancellation: cancellation) { event in
      count += 1
      try session.console.print(line(for: event, in: session))
    }
    return EventSummary(count: count, ending: ending)
  }

  private func line(for event: DomainEvent, in session: Session) throws -> String {
    if session.printsJSON { return try JSONOutput.line(EventObject(event)) }
    return (showsTime ? LocalTime.now().millisecondText + ": " : "") + event.text
  }
}

/// What `event --list` prints.
struct EventTypeList: CommandResult {
  let types: [String]

  func render(into text: inout TextOutput) {
    text.print(types.map { $0 + "\n" }.joined())
  }
}

/// What `event` prints at its end.
struct EventSummary: CommandResult {
  private enum CodingKeys: String, CodingKey {
    case type, eventCount, ending
  }

  let count: Int
  let ending: DomainEventWatch.Ending

  /// As in virsh, to have waited for nothing is a failure.
  var exitStatus: Int32 { count > 0 ? 0 : 1 }

  func render(into text: inout TextOutput) {
    switch ending {
    case .event: break
    case .timeout: text.print("event loop timed out\n")
    case .interrupted: text.print("event loop interrupted\n")
    }
    text.print("events received: \(count)\n")
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode("summary", forKey: .type)
    try container.encode(count, forKey: .eventCount)
    let word =
      switch ending {
      case .event: "event"
      case .timeout: "timeout"
      case .interrupted: "interrupted"
      }
    try container.encode(word, forKey: .ending)
  }
}
