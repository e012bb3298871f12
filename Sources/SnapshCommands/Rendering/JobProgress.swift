import Libvirt
import Operations

/// How far a domain's job has come, on the error stream, as `--progress` and the command's own `--verbose` ask.
final class JobProgress {
  /// What is printed.
  enum Form: Equatable {
    /// Nothing.
    case silent
    /// virsh's line, written over again, without a newline at its end.
    case percent
    /// A line with bytes, rate and time left, written over again and wiped at the end.
    case line
    /// The same as lines of their own.
    case lines
    /// A JSON object a line.
    case json
  }

  private let label: String
  private let form: Form
  private let console: Console
  private var hasPrinted = false

  init(label: String, form: Form, console: Console) {
    self.label = label
    self.form = form
    self.console = console
  }

  /// Shows how much of the data is done; never all of it before the job has ended.
  func show(_ info: JobInfo) {
    let figures = JobFigures(label: label, info)
    guard form == .json || figures.totalBytes > 0 else { return }
    print(figures, percent: min(figures.percent, 99))
  }

  /// Shows how much of an operation of ours is done.
  ///
  /// - Parameters:
  ///   - progress: How far it is.
  ///   - elapsedMilliseconds: Since it began.
  func show(_ progress: OperationProgress, elapsedMilliseconds: UInt64) {
    let figures = JobFigures(
      label: label, total: progress.total,
      remaining: progress.total - min(progress.completed, progress.total),
      elapsedMilliseconds: elapsedMilliseconds)
    print(figures, percent: min(figures.percent, 99))
  }

  /// Shows that the job has ended well.
  func finish() {
    switch form {
    case .percent: percentLine.finish()
    case .line: wipe()
    case .silent, .lines, .json: break
    }
  }

  /// Leaves a clean line for the error that comes.
  func fail() {
    if form == .line { wipe() }
  }

  private var percentLine: JobProgressLine {
    JobProgressLine(label: label, console: console)
  }

  private func wipe() {
    if hasPrinted { console.printError("\r\u{1B}[K") }
  }

  private func print(_ figures: JobFigures, percent: Int) {
    switch form {
    case .silent: return
    case .percent: percentLine.print(percent: percent)
    case .line: console.printError("\r\u{1B}[K" + figures.text)
    case .lines: console.printError(figures.text + "\n")
    case .json:
      if let line = try? JSONOutput.line(figures) { console.printError(line) }
    }
    hasPrinted = true
  }
}

/// The figures of a job at one instant.
struct JobFigures: Encodable, Equatable {
  /// What the line is: always `progress`.
  let type = "progress"
  /// The job, as `save`.
  let job: String
  let completedBytes: UInt64
  let totalBytes: UInt64
  let elapsedSeconds: Double
  /// Since the job began; absent at its very start.
  let bytesPerSecond: UInt64?
  /// At that rate; absent where there is none.
  let secondsLeft: UInt64?

  private enum CodingKeys: String, CodingKey {
    case type, job, completedBytes, totalBytes, elapsedSeconds, bytesPerSecond, secondsLeft
  }

  init(label: String, _ info: JobInfo) {
    self.init(
      label: label, total: info.totalBytes, remaining: info.remainingBytes,
      elapsedMilliseconds: info.elapsedMilliseconds)
  }

  init(label: String, total: UInt64, remaining: UInt64, elapsedMilliseconds: UInt64) {
    job = label
    totalBytes = total
    completedBytes = total - min(remaining, total)
    elapsedSeconds = Double(elapsedMilliseconds) / 1000
    let rate = elapsedSeconds > 0 ? Double(completedBytes) / elapsedSeconds : 0
    bytesPerSecond = rate >= 1 ? UInt64(exactly: rate.rounded()) : nil
    secondsLeft =
      rate >= 1 ? UInt64(exactly: (Double(total - completedBytes) / rate).rounded()) : nil
  }

  /// Whole percents, rounded down.
  var percent: Int {
    guard totalBytes > 0 else { return 0 }
    return Int(Double(completedBytes) / Double(totalBytes) * 100)
  }

  /// `Save: 12 %, 30.0 MiB of 256.0 MiB, 10.0 MiB/s, 22 s left`.
  var text: String {
    var text =
      "\(job): \(min(percent, 99)) %, \(Self.size(completedBytes)) of \(Self.size(totalBytes))"
    if let bytesPerSecond { text += ", \(Self.size(bytesPerSecond))/s" }
    if let secondsLeft { text += ", \(Self.time(secondsLeft)) left" }
    return text
  }

  private static func size(_ bytes: UInt64) -> String {
    var value = Double(bytes)
    for unit in ["B", "KiB", "MiB", "GiB", "TiB"] {
      if value < 1024 || unit == "TiB" {
        let tenths = UInt64(value * 10)
        return unit == "B" ? "\(bytes) B" : "\(tenths / 10).\(tenths % 10) \(unit)"
      }
      value /= 1024
    }
    return "\(bytes) B"
  }

  private static func time(_ seconds: UInt64) -> String {
    seconds < 60 ? "\(seconds) s" : "\(seconds / 60) min \(seconds % 60) s"
  }
}
