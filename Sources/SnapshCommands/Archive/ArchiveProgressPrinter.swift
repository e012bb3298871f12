import Operations

/// Prints progress as often as the percentage changes.
final class ArchiveProgressPrinter: ProgressReceiver {
  private let line: (OperationProgress) throws -> String
  private let print: (String) throws -> Void
  private var lastPercent = -1

  /// - Parameters:
  ///   - line: makes a line, its newline included.
  ///   - print: prints it; what it throws is dropped, for the work matters more than its progress.
  init(line: @escaping (OperationProgress) throws -> String, print: @escaping (String) throws -> Void) {
    self.line = line
    self.print = print
  }

  func report(_ progress: OperationProgress) {
    guard progress.percent != lastPercent, progress.total > 0 else { return }
    lastPercent = progress.percent
    try? print(line(progress))
  }

  /// Who is told how far the reading of an archive is: Proxmox's words where `-v` asks for them and `--progress` for
  /// nothing else.
  static func reading(_ session: Session, label: String, isVerbose: Bool) -> any ProgressReceiver {
    isVerbose && session.options.progress == .auto && !session.printsJSON
      ? verboseReading(session) : TimedProgress(session.jobProgress(label: label, isVerbose: isVerbose))
  }

  /// Who is told how far the writing of an archive is, likewise.
  static func writing(_ session: Session, label: String, isVerbose: Bool) -> any ProgressReceiver {
    isVerbose && session.options.progress == .auto && !session.printsJSON
      ? verboseWriting(session) : TimedProgress(session.jobProgress(label: label, isVerbose: isVerbose))
  }

  /// Progress of reading an archive, in the words of Proxmox's tool, on standard output.
  private static func verboseReading(_ session: Session) -> ArchiveProgressPrinter {
    let started = ContinuousClock.now
    return ArchiveProgressPrinter(
      line: { progress in
        let seconds = started.duration(to: .now).components.seconds
        return "progress \(progress.percent)% (read \(progress.completed) bytes, duration \(seconds) sec)\n"
      }, print: session.console.print)
  }

  /// Progress of writing an archive, in the words of Proxmox's tool, on standard error.
  private static func verboseWriting(_ session: Session) -> ArchiveProgressPrinter {
    ArchiveProgressPrinter(
      line: { "progress \($0.percent)% \($0.completed)/\($0.total) \($0.zeros)\n" },
      print: session.console.printError)
  }
}
