import CommandGrammar
import Libvirt
import Operations

/// `doctor [DOMAIN]`: finds what does not fit together about snapshots, disks, jobs and saves, and mends what is safe.
struct DoctorCommand: Command {
  private static let domain = Option<String?>.text(
    "domain", completes: .domain, help: "domain name, id or uuid; all domains where it is left out")
  private static let fix = Option.flag("fix", help: "mend what can be mended without a loss")
  private static let undo = Option.flag("undo", help: "take back what --fix mended last")
  private static let dryRun = Option.flag("dry-run", help: "with --fix, only print what it would do")

  static let grammar = CommandGrammar(
    name: "doctor", group: "snapshot", abstract: "Find and mend what does not fit together",
    discussion: """
      Looks for interrupted operations, overlays that no snapshot knows, snapshots whose files are gone or were written to, \
      definitions that disagree with the disks in use, jobs that nobody waits for, and managed saves that would go on with \
      the wrong disks. Nothing is touched without --fix. Where libvirt cannot be reached, interrupted operations that \
      have nothing to do with it are looked at all the same: backups over a QEMU's monitor, restores of disks alone.
      """,
    options: [domain, fix, undo, dryRun],
    exitStatuses: [2: "Something was found, or is left after --fix."],
    examples: [
      ("snapsh doctor guest", "Tell what is wrong with one guest."),
      ("snapsh doctor --fix", "Mend what is safe to mend, of all guests."),
    ])

  private let domain: String?
  private let fixes: Bool
  private let undoes: Bool
  private let isDryRun: Bool

  init(_ arguments: ParsedArguments) throws {
    domain = try arguments[Self.domain]
    fixes = try arguments[Self.fix]
    undoes = try arguments[Self.undo]
    isDryRun = try arguments[Self.dryRun]
    if fixes && undoes { throw ArgumentError.mutuallyExclusive("--fix", "--undo") }
  }

  func run(in session: Session) throws -> any CommandResult {
    let hasLibvirt = try reachesLibvirt(session)
    let patients = hasLibvirt ? try patients(in: session) : []
    if undoes { return try takeBack(patients) }
    if try hasLibvirt && !session.connection().isLocal() {
      session.warn(
        "the images of guests on another host are not looked at: run snapsh there", label: "warning: ")
    }
    var mended: [String] = []
    if fixes && !isDryRun {
      // First those of which a guest may stand still.
      mended += try withoutLibvirt(in: session).mend()
      for patient in patients { mended += try patient.mend(session.interruptible()) }
      if hasLibvirt { mended += try domainless(in: session).mend() }
    }
    let found =
      try patients.flatMap { try $0.findings() }
      + (hasLibvirt ? domainless(in: session).findings() : []) + withoutLibvirt(in: session).findings()
    return DoctorReport(findings: found, mended: mended, offersFix: !fixes || isDryRun)
  }

  /// Whether there is a libvirt to ask; told on the error stream where there is none and something to do without it.
  private func reachesLibvirt(_ session: Session) throws -> Bool {
    do {
      try session.connect()
      return true
    } catch let error as CommandFailure {
      guard try !undoes && !withoutLibvirt(in: session).isEmpty else { throw error }
      session.warn(
        "libvirt's guests are not looked at: \(error.cause.map { "\($0)" } ?? error.context.joined(separator: "; "))",
        label: "warning: ")
      return false
    }
  }

  /// The domains to look at; none where only an interrupted operation knows the one that was named.
  private func patients(in session: Session) throws -> [Patient] {
    guard let domain else {
      return try session.connection().domains().sorted { isOrderedBefore($0.name, $1.name) }
        .map { try Patient($0, in: session) }
    }
    do {
      return [try Patient(session.domain(domain), in: session)]
    } catch let error as CommandFailure {
      let isKnown = try !domainless(in: session).isEmpty || !withoutLibvirt(in: session).isEmpty
      guard !undoes && isKnown else { throw error }
      return []
    }
  }

  private func domainless(in session: Session) throws -> DomainlessOperations {
    try DomainlessOperations(on: session.connection(), in: session.journals(), of: domain)
  }

  private func withoutLibvirt(in session: Session) throws -> OperationsWithoutLibvirt {
    try OperationsWithoutLibvirt(in: session.journals(), of: domain)
  }

  private func takeBack(_ patients: [Patient]) throws -> any CommandResult {
    guard domain != nil, let patient = patients.first else {
      throw CommandFailure("--undo needs to be told whose mending is to be taken back: name the domain")
    }
    return DoctorReport(findings: [], mended: try patient.takeBack(), offersFix: false)
  }
}

/// What `doctor` found and did.
struct DoctorReport: CommandResult {
  /// One finding, for programs.
  struct Entry: Encodable {
    let domain: String
    let kind: Finding.Kind
    let subject: String
    let explanation: String
    /// What `--fix` would do, as an order.
    let fix: String?
    /// What `--undo` would do after that, as an order.
    var undo: String?
    /// Why nothing takes that back.
    var noUndo: String?
    /// What a person can do.
    let advice: String?
  }

  private enum CodingKeys: String, CodingKey {
    case findings, mended
  }

  /// What is wrong, still.
  let findings: [Entry]
  /// What was mended, as orders.
  let mended: [String]
  private let offersFix: Bool

  init(findings: [Entry], mended: [String], offersFix: Bool) {
    self.findings = findings
    self.mended = mended
    self.offersFix = offersFix
  }

  var exitStatus: Int32 { findings.isEmpty ? 0 : 2 }

  func render(into text: inout TextOutput) {
    for order in mended { text.print("done: \(order)\n") }
    for finding in findings {
      text.print("\(finding.domain): \(finding.explanation)\n")
      if let fix = finding.fix { text.print("  --fix \(offersFix ? "would" : "could not"): \(fix)\n") }
      if let undo = finding.undo, offersFix { text.print("  --undo would: \(undo)\n") }
      if let reason = finding.noUndo, offersFix { text.print("  not to be undone: \(reason)\n") }
      if let advice = finding.advice { text.print("  \(advice)\n") }
    }
    if findings.isEmpty && mended.isEmpty { text.printExtra("Nothing was found\n") }
  }
}
