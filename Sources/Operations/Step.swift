/// One step of an operation, and how it is taken back.
///
/// Both may run in different processes: the undo of a step must work from the operation's parameters and from what it
/// finds, not from what ``perform`` left in memory, and must do nothing where the step never happened or was undone
/// already. So an operation that was killed can be taken back by whoever reads its ``OperationJournal``.
public struct Step {
  /// What the step does, as an order: "take an external snapshot of vda and vdb".
  public let description: String
  /// What the undo does, as an order: "commit the overlays back and remove them"; `nil` where nothing is to be undone.
  public let undoDescription: String?

  let perform: (OperationJournal?) throws -> Void
  let undo: () throws -> Void

  /// A step that can be taken back.
  public init(
    _ description: String, perform: @escaping () throws -> Void, undoing undoDescription: String,
    undo: @escaping () throws -> Void
  ) {
    self.description = description
    self.undoDescription = undoDescription
    self.perform = { _ in try perform() }
    self.undo = undo
  }

  /// A step that leaves nothing behind that would have to be taken back.
  public init(_ description: String, perform: @escaping () throws -> Void) {
    self.init(description, journalling: { _ in try perform() })
  }

  /// A step without an undo that tells the operation's journal of its turn (``OperationJournal/Turn``).
  init(_ description: String, journalling perform: @escaping (OperationJournal?) throws -> Void) {
    self.description = description
    undoDescription = nil
    self.perform = perform
    undo = {}
  }
}

/// The failure of a step that had begun with what cannot be taken back.
struct HalfwayFailure: Error {
  /// Why it failed.
  let cause: any Error
  /// What is no longer as it was, as a sentence.
  let consequence: String
}
