import Operations

/// The progress of an operation of ours in the form of a job's: twice a second at most.
final class TimedProgress: ProgressReceiver {
  private static let interval = Duration.milliseconds(500)

  private let progress: JobProgress
  private let began = ContinuousClock.now
  private var shown: ContinuousClock.Instant?

  /// - Parameter progress: What prints it.
  init(_ progress: JobProgress) {
    self.progress = progress
  }

  func report(_ figures: OperationProgress) {
    let now = ContinuousClock.now
    if let shown, shown.duration(to: now) < Self.interval { return }
    shown = now
    let elapsed = began.duration(to: now).components
    let milliseconds = elapsed.seconds * 1000 + elapsed.attoseconds / 1_000_000_000_000_000
    progress.show(figures, elapsedMilliseconds: UInt64(clamping: milliseconds))
  }
}
