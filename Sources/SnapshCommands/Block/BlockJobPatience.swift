import CommandGrammar
import Libvirt
import Operations

/// How the commands that start a job on a disk are told to wait for it.
struct BlockJobPatience {
  static let wait = Option.flag("wait", help: "wait for the job")
  static let verbose = Option.flag("verbose", help: "show how far the job has come")
  static let timeout = Option.number("timeout", help: "cancel the job after so many seconds")
  static let async = Option.flag("async", help: "do not wait for a cancelled job's end")

  /// What exit status 130 means.
  static let exitStatuses: [Int32: String] = [
    1: "failure, or the job failed, was cancelled by another, or lasted longer than --timeout",
    130: "interrupted by Ctrl-C or SIGTERM; the job was cancelled",
  ]

  let isVerbose: Bool
  private let timeoutSeconds: Int?
  private let abortsWithoutWaiting: Bool

  init(_ arguments: ParsedArguments) throws {
    isVerbose = try arguments[Self.verbose]
    abortsWithoutWaiting = try arguments[Self.async]
    timeoutSeconds = try arguments[Self.timeout]
    // libvirt's tools count it in milliseconds, in 32 bits.
    if let timeoutSeconds, !(1...Int(Int32.max) / 1000).contains(timeoutSeconds) {
      throw ArgumentError.notANumber(option: "timeout", value: String(timeoutSeconds))
    }
  }

  /// Refuses options about a wait that is not asked for.
  ///
  /// - Parameters:
  ///   - arguments: The command's arguments.
  ///   - others: What the options that imply a wait are called, beside `--timeout` and `--wait`.
  /// - Throws: ``CommandFailure``.
  static func refuseUnlessWaiting(_ arguments: ParsedArguments, impliedBy others: String) throws {
    for option in [verbose, async] where try arguments[option] {
      throw CommandFailure(
        "--\(option.grammar.name) requires at least one of --timeout, --wait, \(others)")
    }
  }

  /// Starts a job and waits for it.
  ///
  /// - Parameters:
  ///   - domain: The domain.
  ///   - disk: The disk's target or source.
  ///   - label: What the progress is called.
  ///   - session: Gives the console and the cancellation.
  ///   - start: Starts the job.
  /// - Throws: What `start` throws, libvirt's error.
  /// - Returns: How the wait ended.
  func wait(
    on domain: Domain, disk: String, label: String, in session: Session, start: () throws -> Void
  ) throws -> BlockJobWait.Outcome {
    let wait = BlockJobWait(on: domain, disk: disk)
    let cancellation = session.interruptible()
    try start()
    let progress = session.jobProgress(label: label, isVerbose: isVerbose)
    let limits = BlockJobWait.Limits(
      timeout: timeoutSeconds.map { .seconds($0) }, cancellation: cancellation,
      abortsWithoutWaiting: abortsWithoutWaiting)
    do {
      let outcome = try wait.run(limits) { progress.show($0) }
      if outcome == .completed || outcome == .ready { progress.finish() } else { progress.clear() }
      return outcome
    } catch {
      progress.fail()
      throw CommandFailure("failed to query job for disk \(disk)", cause: error)
    }
  }
}
