import Operations

/// How far an operation on several disks has come, on the error stream, as `--progress` asks.
final class DiskProgressPrinter {
  private let label: String
  /// What the lines for programs call it.
  private let job: String
  private let form: JobProgress.Form
  private let console: Console
  private let start = ContinuousClock.now
  private var last: [DiskProgress] = []

  init(label: String, job: String, form: JobProgress.Form, console: Console) {
    self.label = label
    self.job = job
    self.form = form
    self.console = console
  }

  /// Shows the disks' figures, unless they are those shown last.
  func show(_ disks: [DiskProgress]) {
    guard disks != last, disks.contains(where: { $0.total > 0 }) else { return }
    let changed = disks.filter { !last.contains($0) }
    last = disks
    switch form {
    case .silent: return
    case .percent, .line: console.printError("\r\u{1B}[K" + text(of: disks))
    case .lines: console.printError(text(of: disks) + "\n")
    case .json:
      for disk in changed {
        if let line = try? JSONOutput.line(Line(job: job, disk, elapsed: start.duration(to: .now))) {
          console.printError(line)
        }
      }
    }
  }

  /// Leaves a clean line for what comes.
  func end() {
    if !last.isEmpty, form == .line || form == .percent { console.printError("\r\u{1B}[K") }
  }

  /// `Mirror: vda 12 %, vdb 100 %`.
  private func text(of disks: [DiskProgress]) -> String {
    "\(label): " + disks.map { "\($0.target) \($0.percent) %" }.joined(separator: ", ")
  }

  private struct Line: Encodable {
    let type = "progress"
    let job: String
    let disk: String
    let completedBytes: UInt64
    let totalBytes: UInt64
    let elapsedSeconds: Double

    private enum CodingKeys: String, CodingKey {
      case type, job, disk, completedBytes, totalBytes, elapsedSeconds
    }

    init(job: String, _ progress: DiskProgress, elapsed: Duration) {
      self.job = job
      disk = progress.target
      completedBytes = progress.completed
      totalBytes = progress.total
      elapsedSeconds = elapsed / .seconds(1)
    }
  }
}

extension Session {
  /// Where the progress of an operation on several disks goes.
  ///
  /// - Parameters:
  ///   - label: What is done to the disks, as `Mirror`.
  ///   - job: What the lines for programs call it, as `mirror`.
  /// - Returns: The receiver of the progress.
  func diskProgress(label: String, job: String) -> DiskProgressPrinter {
    DiskProgressPrinter(label: label, job: job, form: progressForm(isVerbose: false), console: console)
  }
}
