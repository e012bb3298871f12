import Libvirt
import Operations

extension Session {
  /// Makes sure that no job holds a domain that is about to be changed, or waits for its end with `--wait-for-job`.
  ///
  /// - Parameters:
  ///   - domain: The domain.
  ///   - harmless: Jobs beside which the change works.
  /// - Throws: `DomainBusyError`, which says which job it is.
  func waitForOtherJob(of domain: Domain, harmless: Set<JobOperation> = []) throws {
    let progress = jobProgress(label: "")
    defer { progress.clear() }
    try DomainJobWait.untilFree(
      domain, harmless: harmless, waits: options.waitsForJob, cancellation: interruptible(),
      willWait: progress.wait)
  }

  /// Makes sure that no job holds a domain of which something else than its whole state is about to be changed.
  ///
  /// A backup lets all that be done beside it (`VIR_JOB_MODIFY`); every other job does not.
  /// - Throws: `DomainBusyError`, which says which job it is.
  func waitForExclusiveJob(of domain: Domain) throws {
    try waitForOtherJob(of: domain, harmless: [.backup])
  }

  /// Where the progress of a command's job goes.
  ///
  /// - Parameters:
  ///   - label: virsh's name of the job.
  ///   - isVerbose: Whether the command was given `--verbose`.
  /// - Returns: The receiver of the job's progress.
  func jobProgress(label: String, isVerbose: Bool = false) -> JobProgress {
    JobProgress(label: label, form: progressForm(isVerbose: isVerbose), console: console)
  }

  /// Whether progress is told in JSON: asked for by `--progress json`, or by a command's `--verbose` beside `--json`.
  func printsJSONProgress(isVerbose: Bool) -> Bool {
    options.progress == .json || (options.progress == .auto && printsJSON && isVerbose)
  }

  /// How progress is printed, by `--progress` and what the command was given.
  func progressForm(isVerbose: Bool) -> JobProgress.Form {
    switch options.progress {
    case .none: return .silent
    case .json: return .json
    case .plain: return .lines
    case .auto:
      if printsJSON { return isVerbose ? .json : .silent }
      if isVerbose { return .percent }
      return console.error.isTerminal && !options.isQuiet ? .line : .silent
    }
  }

  /// Makes a libvirt call that lasts as long as its job, shows how far it is, and ends it when Ctrl-C asks for that.
  ///
  /// - Parameters:
  ///   - domain: The domain that the job will hold; one that a job holds already is refused.
  ///   - label: virsh's name of the job.
  ///   - isVerbose: Whether the command was given `--verbose`.
  ///   - call: The call, made on another thread.
  /// - Returns: What the call returns.
  /// - Throws: What the call throws; `DomainBusyError`; `CancelledError`.
  func runJob<Value: Sendable>(
    on domain: Domain, label: String, isVerbose: Bool = false,
    _ call: @escaping @Sendable (Domain) throws(LibvirtError) -> Value
  ) throws -> Value {
    try waitForOtherJob(of: domain)
    let progress = jobProgress(label: label, isVerbose: isVerbose)
    do {
      let value = try BlockingDomainCall.value(
        on: domain, cancellation: interruptible(), progress: progress.show, call)
      progress.finish()
      return value
    } catch {
      progress.fail()
      throw error
    }
  }
}
