import Glibc
import Libvirt
import Operations
import SystemPackage

extension Session {
  /// Where the journals of operations are.
  ///
  /// - Throws: ``StateDirectoryError`` where no directory is known.
  func journals() throws -> FilePath {
    guard let directory = StateDirectory(environment: environment).journals else {
      throw StateDirectoryError()
    }
    return directory
  }

  /// Makes sure that no operation of ours on a domain is going on, or was interrupted and waits to be taken back.
  ///
  /// - Throws: `UnfinishedOperationError`.
  func requireNoUnfinishedOperation(on domain: Domain) throws {
    let uuid = try domain.uuid()
    let journal = try OperationJournal.all(in: journals()).first { $0.record.concerns(domainUUID: uuid) }
    if let journal { throw UnfinishedOperationError(journal, under: try domain.connection.uri()) }
  }

  /// Makes sure that no job and no operation of ours holds a domain that is about to be archived, or waits for their
  /// end with `--wait-for-job`.
  ///
  /// - Throws: `DomainBusyError`, `UnfinishedOperationError`.
  func waitForOtherOperation(on domain: Domain) throws {
    let cancellation = interruptible()
    while true {
      do {
        // Where no journals are kept there is nothing to look at.
        if StateDirectory(environment: environment).journals != nil {
          try requireNoUnfinishedOperation(on: domain)
        }
        return try waitForOtherJob(of: domain)
      } catch let error as UnfinishedOperationError where options.waitsForJob && error.process != nil {
        try cancellation.check()
        usleep(100_000)
      }
    }
  }

  /// Makes sure that no backup of ours goes on over a QEMU's monitor, or was interrupted, or waits for its end with
  /// `--wait-for-job`.
  ///
  /// - Throws: `UnfinishedOperationError`.
  func waitForOtherOperation(atMonitor socket: String) throws {
    guard let journals = StateDirectory(environment: environment).journals else { return }
    let cancellation = interruptible()
    while let journal = MonitorBackup.journal(ofMonitor: socket, in: journals) {
      let error = UnfinishedOperationError(journal, under: "")
      guard options.waitsForJob && error.process != nil else { throw error }
      try cancellation.check()
      usleep(100_000)
    }
  }

  /// Carries an operation out, journalled, and says each step on a terminal.
  ///
  /// - Parameters:
  ///   - plan: Its steps.
  ///   - operation: Its name in the journal.
  ///   - parameters: What another process needs to build the same plan.
  ///   - domain: The domain it is on.
  /// - Throws: `PlanFailure`, `UnfinishedOperationError`.
  func carryOut<Parameters: Encodable>(
    _ plan: Plan, _ operation: String, _ parameters: Parameters, on domain: Domain
  ) throws {
    try requireNoUnfinishedOperation(on: domain)
    let record = try OperationJournal.Record(
      operation: operation, uri: domain.connection.uri(), domainUUID: domain.uuid(), domain: domain.name,
      parameters: parameters)
    let journal = OperationJournal(in: try journals(), record)
    try plan.run(journal: journal, cancellation: interruptible(), announce: tell)
  }

  /// Does the rest of an operation that is past its point of no return, and says each step on a terminal.
  ///
  /// - Parameters:
  ///   - plan: Its steps.
  ///   - journal: Its own.
  /// - Throws: `PlanFailure`.
  func finish(_ plan: Plan, _ journal: OperationJournal) throws {
    _ = try plan.recover(journal, announce: tell)
  }

  private func tell(_ step: Step) {
    if showsSteps { console.printError("\(step.description)\n") }
  }

  private var showsSteps: Bool {
    console.error.isTerminal && !options.isQuiet && !printsJSON && options.progress != .none
  }
}

/// What an operation would do.
struct PlannedSteps: CommandResult {
  /// The domain's name.
  let domain: String
  /// Always true: nothing was done.
  let dryRun = true
  /// An order a step.
  let steps: [String]

  init(_ plan: Plan, on domain: Domain) { self.init(plan, on: domain.name) }

  init(_ plan: Plan, on domain: String) {
    self.domain = domain
    steps = plan.descriptions
  }

  func render(into text: inout TextOutput) {
    for (index, step) in steps.enumerated() { text.print("\(index + 1). \(step)\n") }
  }
}
