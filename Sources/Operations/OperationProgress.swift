/// How far long work has come.
public struct OperationProgress: Equatable, Sendable {
  /// Bytes of the guest's devices that are done, holes included.
  public var completed: UInt64
  /// Bytes of all devices together.
  public var total: UInt64
  /// Bytes among the completed ones that were zero and so take no room in the archive.
  public var zeros: UInt64

  /// So far of so much.
  public init(completed: UInt64, total: UInt64, zeros: UInt64) {
    self.completed = completed
    self.total = total
    self.zeros = zeros
  }

  /// Whole percents done, rounded down; 100 only at the end.
  public var percent: Int {
    guard completed < total else { return 100 }
    let (scaled, overflow) = completed.multipliedReportingOverflow(by: 100)
    return Int(overflow ? completed / max(1, total / 100) : scaled / total)
  }
}

/// Whoever wants to know how long work goes on: a terminal, JSON lines, nobody.
public protocol ProgressReceiver: AnyObject {
  /// Called now and then, on the thread that does the work, with figures that never go back.
  func report(_ progress: OperationProgress)
}
