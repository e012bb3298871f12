import Libvirt
import Operations

/// What a command says of the job it has started on a disk, and of how that ended where it waited.
struct BlockJobResult: CommandResult {
  private enum CodingKeys: String, CodingKey {
    case domain
    case disk
    case job
    case outcome
  }

  /// What has become of the job, in the words of the JSON.
  enum Outcome: String, Encodable {
    case started
    case ready
    case pivoted
    case finished
    case completed
    case failed
    case timedOut = "timed-out"
    case interrupted
    case aborted
  }

  /// The domain's name.
  let domain: String
  /// The disk as it was named on the command line.
  let disk: String
  /// `copy`, `commit` or `pull`.
  let job: String
  /// What has become of it.
  let outcome: Outcome
  /// Printed as it is.
  private let sentence: String

  init(domain: String, disk: String, job: String, outcome: Outcome, sentence: String) {
    self.domain = domain
    self.disk = disk
    self.job = job
    self.outcome = outcome
    self.sentence = sentence
  }

  /// A job that did not come to its end; `nil` for one that did.
  init?(unfinished outcome: BlockJobWait.Outcome, domain: String, disk: String, job: String) {
    let word = job.prefix(1).uppercased() + job.dropFirst()
    let result: Outcome
    switch outcome {
    case .completed, .ready: return nil
    case .failed: result = .failed
    case .aborted(.timeout): result = .timedOut
    case .aborted(.interruption): result = .interrupted
    case .aborted(.other): result = .aborted
    }
    self.init(
      domain: domain, disk: disk, job: job, outcome: result,
      sentence: "\n\(word) \(result == .failed ? "failed" : "aborted")")
  }

  var exitStatus: Int32 {
    switch outcome {
    case .started, .ready, .pivoted, .finished, .completed: 0
    case .failed, .timedOut, .aborted: 1
    case .interrupted: 130
    }
  }

  func render(into text: inout TextOutput) {
    text.printExtra(sentence)
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(domain, forKey: .domain)
    try container.encode(disk, forKey: .disk)
    try container.encode(job, forKey: .job)
    try container.encode(outcome, forKey: .outcome)
  }
}

extension Domain {
  /// Makes a disk's mirror the disk, once it has caught up.
  ///
  /// - Throws: ``CommandFailure``.
  func pivotBlockJob(on disk: String) throws {
    do {
      try abortBlockJob(on: disk, .pivot)
    } catch {
      throw CommandFailure("failed to pivot job for disk \(disk)", cause: error)
    }
  }

  /// Ends a disk's mirror once it has caught up, staying with the disk.
  ///
  /// - Throws: ``CommandFailure``.
  func finishBlockJob(on disk: String) throws {
    do {
      try abortBlockJob(on: disk)
    } catch {
      throw CommandFailure("failed to finish job for disk \(disk)", cause: error)
    }
  }
}
