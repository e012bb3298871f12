import Libvirt

/// virsh's progress of a job on the error stream: one line, written over again, without a newline at its end.
struct JobProgressLine {
  private let label: String
  /// `nil` keeps silent.
  private let console: Console?

  init(label: String, console: Console?) {
    self.label = label
    self.console = console
  }

  /// Shows how much of the data is done; never 100 before the job has ended.
  func show(_ info: JobInfo) {
    guard info.totalBytes > 0 else { return }
    let done = Double(info.totalBytes - min(info.remainingBytes, info.totalBytes)) / Double(info.totalBytes)
    print(percent: min(Int(done * 100), 99))
  }

  /// Shows how far a job on a disk has come; it may have caught up and go on.
  func show(_ info: BlockJobInfo) {
    guard info.end > 0 else { return }
    guard info.current < info.end else { return print(percent: 100) }
    print(percent: min(Int(100 - Double(info.end - info.current) * 100 / Double(info.end)), 99))
  }

  /// Shows that the job has ended well.
  func finish() {
    print(percent: 100)
  }

  private func print(percent: Int) {
    let text = String(percent)
    let padding = String(repeating: " ", count: max(0, 3 - text.count))
    console?.printError("\r\(label): [\(padding)\(text) %]")
  }
}
