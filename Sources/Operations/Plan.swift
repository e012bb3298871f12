/// An operation as a list of steps, carried out in order or taken back newest first.
///
/// A dry run prints ``descriptions`` and touches nothing.
public struct Plan {
  /// What is done, in order, and can be taken back.
  public let steps: [Step]
  /// What is done behind the point of no return: it is never taken back but done again until it succeeds, so each must
  /// do nothing where it happened already.
  public let finishingSteps: [Step]
  /// Whether everything before the finishing steps is found done.
  private let isAchieved: () throws -> Bool
  /// The first step from which on that is asked.
  private let firstAchieving: Int

  /// The steps in the order in which they are carried out.
  ///
  /// - Parameters:
  ///   - steps: Taken back when one of them fails.
  ///   - finishingSteps: Follow once nothing is to be taken back any more.
  ///   - firstAchieving: The index of the first step that may have achieved it, with somebody's help; the last where there is none.
  ///   - isAchieved: Asked where a process was lost in one of these steps: true where what it was to do is
  ///     found done, so that taking it back would lose what came after.
  public init(
    _ steps: [Step], finishing finishingSteps: [Step] = [], achievedFrom firstAchieving: Int? = nil,
    isAchieved: @escaping () throws -> Bool = { false }
  ) {
    self.steps = steps
    self.finishingSteps = finishingSteps
    self.isAchieved = isAchieved
    self.firstAchieving = firstAchieving ?? steps.count - 1
  }

  /// What would be done, an order a step.
  public var descriptions: [String] { (steps + finishingSteps).map(\.description) }

  /// Carries the steps out; a failure or a cancellation takes back what was begun, the failed step included.
  ///
  /// - Parameters:
  ///   - journal: Told of every step before it begins, so that another process can take the operation back.
  ///     It is removed at the end, unless something could not be undone.
  ///   - cancellation: Asked between the steps; long steps ask by themselves.
  ///   - announce: Called with each step before it begins.
  /// - Throws: ``PlanFailure``.
  public func run(
    journal: OperationJournal? = nil, cancellation: Cancellation,
    announce: (Step) -> Void = { _ in }
  ) throws(PlanFailure) {
    let claim = try claimed { try journal?.claimForNew() }
    defer { withExtendedLifetime(claim) {} }
    for (index, step) in steps.enumerated() {
      do {
        try cancellation.check()
        try journal?.begin(step: index)
        announce(step)
        try InjectedFault.strike(.before, step: index)
        try step.perform(journal)
        try InjectedFault.strike(.after, step: index)
      } catch {
        throw takenBack(from: index, journal: journal, after: error)
      }
    }
    try finish(from: 0, journal: journal, announce: announce)
  }

  /// Does what an interrupted operation calls for: finishes it where it was as good as done, else takes it back.
  ///
  /// - Parameters:
  ///   - journal: That operation's own; removed at the end, unless something could not be undone.
  ///   - announce: Called with each step before it begins.
  /// - Returns: What was taken back; `nil` where the operation was finished.
  /// - Throws: ``PlanFailure`` where it could not be finished.
  public func recover(
    _ journal: OperationJournal, announce: (Step) -> Void = { _ in }
  ) throws(PlanFailure) -> PlanFailure? {
    let claim = try claimed { try journal.claimForEnd() }
    defer { withExtendedLifetime(claim) {} }
    // What cannot be told is no reason to undo what may be done.
    let isForward = try claimed { try willFinish(journal) }
    guard isForward else { return takenBack(from: journal.begun, journal: journal, after: nil) }
    try finish(from: max(0, journal.begun - steps.count), journal: journal, announce: announce)
    return nil
  }

  /// Whether ``recover(_:announce:)`` goes forward.
  ///
  /// - Throws: What kept it from being told.
  public func willFinish(_ journal: OperationJournal) throws -> Bool {
    if journal.begun >= steps.count { return true }
    return try journal.begun >= max(0, firstAchieving) && isAchieved()
  }

  /// What is left to do of an operation whose point of no return is behind it.
  public func rest(of journal: OperationJournal) -> Plan {
    Plan([], finishing: Array(finishingSteps.dropFirst(max(0, journal.begun - steps.count))))
  }

  private func finish(
    from first: Int, journal: OperationJournal?, announce: (Step) -> Void
  ) throws(PlanFailure) {
    var current: Step?
    var hasDone = !steps.isEmpty || first > 0
    do {
      for (index, step) in finishingSteps.enumerated().dropFirst(first) {
        current = step
        try journal?.begin(step: steps.count + index)
        announce(step)
        try InjectedFault.strike(.before, step: steps.count + index)
        try step.perform(journal)
        hasDone = true
        try InjectedFault.strike(.after, step: steps.count + index)
      }
      current = nil
      try journal?.endPlan()
    } catch {
      // With nothing done, whoever wants it asks for it again.
      let hasBegun = hasDone || journal?.record.turn != nil
      if !hasBegun { try? journal?.endPlan() }
      let halfway = error as? HalfwayFailure
      throw PlanFailure(
        step: current?.description, cause: halfway?.cause ?? error, undone: [], notUndone: [],
        isUnfinished: current != nil && hasBegun, consequence: halfway?.consequence)
    }
  }

  /// Takes an operation back that another process began and did not end.
  ///
  /// - Parameters:
  ///   - journal: That operation's own; removed when all was undone.
  ///   - clearing: Removes what is left of its files once the rest is undone; gives their paths.
  /// - Returns: What was undone, in that order, and what could not be.
  public func rollBack(
    _ journal: OperationJournal, clearing: () throws -> [String] = { [] }
  ) -> PlanFailure {
    do {
      let claim = try journal.claimForEnd()
      defer { withExtendedLifetime(claim) {} }
      return takenBack(from: journal.begun, journal: journal, after: nil, clearing: clearing)
    } catch {
      let undo = "take the \(journal.record.operation) back"
      return PlanFailure(step: nil, cause: nil, undone: [], notUndone: [.init(undo: undo, cause: error)])
    }
  }

  /// Nothing is touched without the claim.
  private func claimed<Answer>(_ ask: () throws -> Answer) throws(PlanFailure) -> Answer {
    do {
      return try ask()
    } catch {
      throw PlanFailure(step: nil, cause: error, undone: [], notUndone: [])
    }
  }

  private func takenBack(
    from index: Int, journal: OperationJournal?, after cause: (any Error)?,
    clearing: () throws -> [String] = { [] }
  ) -> PlanFailure {
    var undone: [String] = []
    var notUndone: [PlanFailure.Remainder] = []
    for step in steps.prefix(index + 1).reversed() {
      guard let description = step.undoDescription else { continue }
      do {
        try step.undo()
        undone.append(description)
      } catch {
        notUndone.append(.init(undo: description, cause: error))
      }
    }
    if notUndone.isEmpty {
      do {
        undone += try clearing().map { "remove '\($0)'" }
      } catch {
        notUndone.append(.init(undo: "remove what is left of its files", cause: error))
      }
    }
    if notUndone.isEmpty {
      do {
        try journal?.endPlan()
      } catch {
        notUndone.append(.init(undo: "remove the operation's journal", cause: error))
      }
    }
    let step = steps.indices.contains(index) ? steps[index].description : nil
    return PlanFailure(step: step, cause: cause, undone: undone, notUndone: notUndone)
  }
}

/// An operation that failed, and what became of what it had begun.
public struct PlanFailure: Error, CustomStringConvertible {
  /// An undo that failed.
  public struct Remainder: Sendable {
    /// What should have been done, as an order.
    public let undo: String
    /// Why it could not be.
    public let cause: any Error
  }

  /// The step that failed, as an order; `nil` where no single step did.
  public let step: String?
  /// Why it failed; `nil` where an operation was only taken back.
  public let cause: (any Error)?
  /// What was taken back, as orders, in the order in which it was.
  public let undone: [String]
  /// What could not be taken back.
  public let notUndone: [Remainder]
  /// Whether the operation is past its point of no return, with steps left to do.
  public var isUnfinished = false
  /// What is no longer as it was since a step failed half way that whoever asks for it again can do the rest of, as a sentence.
  public var consequence: String?

  public var description: String {
    var sentence = cause.map { String(describing: $0) } ?? "the operation was taken back"
    if cause is CancelledError {
      // What it says itself is that nothing is left of it.
      if isUnfinished { sentence = "interrupted" }
    } else if let step, cause != nil {
      sentence = "could not \(step): \(sentence)"
    }
    if let consequence {
      return "\(sentence); \(consequence); the same command again, or 'snapsh doctor --fix', does the rest"
    }
    if isUnfinished { return "\(sentence); 'snapsh doctor --fix' does the rest" }
    guard !notUndone.isEmpty else { return sentence }
    let remainders = notUndone.map { "could not \($0.undo): \($0.cause)" }.joined(separator: "; ")
    return
      "\(sentence); not all of it could be undone: \(remainders); 'snapsh doctor' tells what is left to do"
  }
}
