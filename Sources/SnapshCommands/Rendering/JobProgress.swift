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
  private let started = ContinuousClock.now
  private var hasPrinted = false

  init(label: String, form: Form, console: Console) {
    self.label = label
    self.form = form
    self.console = console
  }

  deinit {
    // Whoever threw an error, or has no end to tell of, leaves a clean line too.
    clear()
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

  /// Shows how much of a disk is done; a mirror may catch up and go on.
  func show(_ info: BlockJobInfo) {
    guard form != .percent else { return percentLine.show(info) }
    let elapsed = started.duration(to: .now).components
    let figures = JobFigures(
      label: label, total: info.end, remaining: info.end - min(info.current, info.end),
      elapsedMilliseconds: UInt64(clamping: elapsed.seconds) * 1000
        + UInt64(clamping: elapsed.attoseconds / 1_000_000_000_000_000))
    guard form == .json || figures.totalBytes > 0 else { return }
    print(figures, percent: figures.percent)
  }

  /// Tells that a job of somebody else is waited for, before this one can begin.
  func wait(for busy: DomainBusyError) {
    let notice = JobWaitNotice(busy)
    switch form {
    case .silent, .percent: return
    case .line: printLine(notice.text)
    case .lines: console.printError(notice.text + "\n")
    case .json: if let line = try? JSONOutput.line(notice) { console.printError(line) }
    }
    hasPrinted = true
  }

  /// Shows that the job has ended well.
  func finish() {
    switch form {
    case .percent: percentLine.finish()
    case .line: wipe()
    case .silent, .lines, .json: break
    }
  }

  /// Leaves a clean line for what is said next.
  func clear() {
    if form == .line { wipe() }
  }

  /// Leaves a clean line for the error that comes; virsh's percentage stays, and on a terminal ends.
  func fail() {
    clear()
    if form == .percent && hasPrinted && console.error.isTerminal { console.printError("\n") }
  }

  private var percentLine: JobProgressLine {
    JobProgressLine(label: label, console: console)
  }

  private func wipe() {
    if hasPrinted { console.printError("\r\u{1B}[K") }
    hasPrinted = false
  }

  /// Writes the line over; one that the terminal would fold could not be wiped.
  private func printLine(_ text: String) {
    console.printError("\r\u{1B}[K" + text.prefix(max(1, console.error.columnCount - 1)))
  }

  private func print(_ figures: JobFigures, percent: Int) {
    switch form {
    case .silent: return
    case .percent: percentLine.print(percent: percent)
    case .line: printLine(figures.text)
    case .lines: console.printError(figures.text + "\n")
    case .json:
      if let line = try? JSONOutput.line(figures) { console.printError(line) }
    }
    hasPrinted = true
  }
}
