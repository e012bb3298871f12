import CommandGrammar
import Libvirt

/// `domjobinfo DOMAIN`: how far the job that holds a domain has come, or how the last one ended.
struct DomainJobInfoCommand: VirshCommand {
  private static let completed = Option.flag("completed", help: "the job that ended last; asking forgets it")
  private static let keepCompleted = Option.flag("keep-completed", help: "with --completed, do not forget it")
  private static let anyStatistics = Option.flag("anystats", help: "the figures of failed jobs too")
  private static let rawStatistics = Option.flag("rawstats", help: "libvirt's own names and numbers")

  static let grammar = CommandGrammar(
    name: "domjobinfo", group: "domain", abstract: "domain job information",
    discussion: "Tells what holds a domain, how far that has come, and how fast it is.",
    options: [DomainOption.domain, completed, keepCompleted, anyStatistics, rawStatistics],
    examples: [("snapsh domjobinfo guest --completed --keep-completed", "Tell how the last backup went.")])

  private let domain: String
  private let flags: JobStatisticsFlags
  private let layout: DomainJobInfoResult.Layout

  init(_ arguments: ParsedArguments) throws {
    domain = try arguments[DomainOption.domain]
    try arguments.require(Self.completed, with: Self.keepCompleted)
    var flags: JobStatisticsFlags = []
    if try arguments[Self.completed] { flags.insert(.completed) }
    if try arguments[Self.keepCompleted] { flags.insert(.keepCompleted) }
    self.flags = flags
    layout =
      try arguments[Self.rawStatistics]
      ? .raw : .lines(ofAnyJob: arguments[Self.anyStatistics])
  }

  func run(in session: Session) throws -> any CommandResult {
    let domain = try session.domain(domain)
    return DomainJobInfoResult(
      domain: domain.name, statistics: try statistics(of: domain), layout: layout)
  }

  /// The newer call's figures, or those of the older one where the driver has no other.
  private func statistics(of domain: Domain) throws -> JobStatistics {
    do {
      return try domain.jobStatistics(flags)
    } catch {
      guard error.code == .noSupport else { throw error }
      guard flags.isEmpty && layout != .raw else {
        throw CommandFailure("Optional flags or --rawstats are not supported by the daemon", cause: error)
      }
      return JobStatistics(try domain.jobInfo())
    }
  }
}

extension JobStatistics {
  /// The older call's figures by the newer one's names.
  fileprivate init(_ info: JobInfo) {
    let figures = [
      ("time_elapsed", info.elapsedMilliseconds), ("data_total", info.totalBytes),
      ("data_processed", info.processedBytes), ("data_remaining", info.remainingBytes),
    ]
    self.init(
      kind: info.kind,
      parameters: figures.map { TypedParameter(name: $0.0, value: .uint64($0.1)) })
  }
}
