import Operations

extension InterruptedOperation {
  /// What was done about it, as orders.
  ///
  /// - Parameters:
  ///   - outcome: What taking it back gave; nil where the rest was done instead.
  ///   - rest: The order that was, where it is more than the rest.
  /// - Throws: The outcome, where not all could be taken back.
  /// - Returns: The orders.
  func orders(after outcome: PlanFailure?, rest: String? = nil) throws -> [String] {
    let name = journal.record.operation
    guard let outcome else { return [rest ?? "do the rest of the \(name)"] }
    guard outcome.notUndone.isEmpty else { throw outcome }
    return outcome.undone + ["take the \(name) back"]
  }
}
