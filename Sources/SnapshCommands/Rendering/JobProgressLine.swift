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

  /// Shows a percentage that the caller has rounded.
  func print(percent: Int) {
    let text = String(percent)
    let padding = String(repeating: " ", count: max(0, 3 - text.count))
    console?.printError("\r\(label): [\(padding)\(text) %]")
  }
}
