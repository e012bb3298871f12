import Foundation
import Synchronization
import SystemPackage
import TestSupport
import Testing

@testable import Operations

/// Steps, their undo, and the journal that outlives the process.
@Suite struct PlanTests {
  private struct Refusal: Error, Equatable, CustomStringConvertible {
    var description = "no"
  }

  /// What was done and undone, in order.
  private final class Diary {
    var entries: [String] = []

    func step(_ name: String, failing: Bool = false, undoFailing: Bool = false) -> Step {
      Step(
        "do \(name)",
        perform: {
          self.entries.append(name)
          if failing { throw Refusal() }
        }, undoing: "undo \(name)",
        undo: {
          self.entries.append("un-\(name)")
          if undoFailing { throw Refusal() }
        })
    }
  }

  private struct Parameters: Codable, Equatable {
    var disks: [String]
  }

  private func journal(in directory: FilePath) throws -> OperationJournal {
    OperationJournal(
      in: directory,
      try .init(
        operation: "test", uri: "test:///default", domainUUID: "u-u-i-d", domain: "guest",
        parameters: Parameters(disks: ["vda", "vdb"])))
  }

  @Test("steps are carried out in order, and the journal is gone at the end")
  func success() throws {
    let directory = try TemporaryDirectory()
    let diary = Diary()
    let journal = try journal(in: FilePath(directory.file("state")))
    var announced: [String] = []
    try Plan([diary.step("a"), Step("look") { diary.entries.append("look") }, diary.step("b")])
      .run(journal: journal, cancellation: Cancellation()) { announced.append($0.description) }
    #expect(diary.entries == ["a", "look", "b"])
    #expect(announced == ["do a", "look", "do b"])
    #expect(OperationJournal.all(in: FilePath(directory.file("state"))).isEmpty)
  }

  @Test("a step keeps its turn in the journal until another one begins, also when it is begun again")
  func turn() throws {
    let directory = try TemporaryDirectory()
    let state = FilePath(directory.file("state"))
    let written = try journal(in: state)
    func read() throws -> OperationJournal { try #require(OperationJournal.all(in: state).first) }
    try written.begin(step: 3)
    try written.note(.taken)
    #expect(try read().record.turn == .taken)
    try read().begin(step: 3)
    #expect(try read().record.turn == .taken)
    try read().begin(step: 4)
    #expect(try read().record.turn == nil)
  }

  @Test("a failed step is taken back first, then those before it, and the error names it")
  func failure() throws {
    let diary = Diary()
    let plan = Plan([diary.step("a"), diary.step("b", failing: true), diary.step("c")])
    let failure = #expect(throws: PlanFailure.self) { try plan.run(cancellation: Cancellation()) }
    #expect(diary.entries == ["a", "b", "un-b", "un-a"])
    #expect(failure?.description == "could not do b: no")
    #expect(failure?.undone == ["undo b", "undo a"])
  }

  @Test("an undo that fails does not stop the others, is named, and leaves the journal")
  func undoFails() throws {
    let directory = try TemporaryDirectory()
    let diary = Diary()
    let plan = Plan([diary.step("a"), diary.step("b", undoFailing: true), diary.step("c", failing: true)])
    let journal = try journal(in: FilePath(directory.file("journals")))
    let failure = #expect(throws: PlanFailure.self) {
      try plan.run(journal: journal, cancellation: Cancellation())
    }
    #expect(diary.entries == ["a", "b", "c", "un-c", "un-b", "un-a"])
    #expect(
      failure?.description
        == "could not do c: no; not all of it could be undone: could not undo b: no; 'snapsh doctor' tells what is left to do"
    )
    #expect(OperationJournal.all(in: FilePath(directory.file("journals"))).map(\.begun) == [2])
  }

  @Test("another process takes back what the journal says was begun, and nothing else")
  func rollBack() throws {
    let directory = try TemporaryDirectory()
    let diary = Diary()
    try journal(in: FilePath(directory.file("journals"))).begin(step: 1)
    let found = try #require(OperationJournal.all(in: FilePath(directory.file("journals"))).first)
    #expect(try found.record.parameters(as: Parameters.self) == Parameters(disks: ["vda", "vdb"]))
    let outcome = Plan([diary.step("a"), diary.step("b"), diary.step("c")]).rollBack(found)
    #expect(diary.entries == ["un-b", "un-a"])
    #expect(outcome.notUndone.isEmpty)
    #expect(OperationJournal.all(in: FilePath(directory.file("journals"))).isEmpty)
  }

  @Test("a journal is held as long as somebody has its claim, whoever wrote it, without libvirt too")
  func held() throws {
    let directory = try TemporaryDirectory()
    let state = FilePath(directory.file("journals"))
    for uri in ["test:///default", ""] {
      func new() throws -> OperationJournal {
        OperationJournal(
          in: state, try .init(operation: "test", uri: uri, domainUUID: "u", domain: "guest", parameters: 1))
      }
      let journal = try new()
      // One process may have several of one domain's.
      #expect(try new().path != journal.path)
      try journal.begin(step: 0)
      let read = try OperationJournal(reading: journal.path)
      #expect(!read.isHeld && read.holder == nil)
      do {
        let claim = try journal.claim()
        #expect(try journal.claim() === claim)
        #expect(read.isHeld && read.holder == getpid())
        #expect(throws: UnfinishedOperationError.self) { try read.claim() }
      }
      #expect(!read.isHeld)
      let outcome = Plan([]).rollBack(read)
      #expect(outcome.notUndone.isEmpty)
    }
    #expect(OperationJournal.all(in: state).isEmpty)
    // What nobody claims again leaves no file behind.
    #expect(try FileManager.default.contentsOfDirectory(atPath: directory.file("locks")) == ["u.lock"])
  }

  @Test("an interrupted operation that somebody else has ended or gone on with meanwhile is let be")
  func stale() throws {
    let directory = try TemporaryDirectory()
    let state = FilePath(directory.file("journals"))
    let diary = Diary()
    let plan = Plan([diary.step("a"), diary.step("b")])
    let written = try journal(in: state)
    for meddle in [{ try written.begin(step: 1) }, { try written.remove() }] {
      try written.begin(step: 0)
      let read = try OperationJournal(reading: written.path)
      try meddle()
      let failure = #expect(throws: PlanFailure.self) { try plan.recover(read) }
      #expect(
        failure?.description.hasSuffix("meanwhile; look again") == true, "\(String(describing: failure))")
      let outcome = plan.rollBack(read)
      #expect(outcome.notUndone.count == 1)
    }
    #expect(diary.entries.isEmpty)
  }

  @Test("where it cannot be told whether the last step was done, nothing is touched")
  func untold() throws {
    let directory = try TemporaryDirectory()
    let diary = Diary()
    let journal = try journal(in: FilePath(directory.file("journals")))
    try journal.begin(step: 1)
    let plan = Plan([diary.step("a"), diary.step("b")], isAchieved: { throw Refusal() })
    let failure = #expect(throws: PlanFailure.self) { try plan.recover(journal) }
    #expect(failure?.cause as? Refusal == Refusal())
    #expect(diary.entries.isEmpty)
    #expect(OperationJournal.all(in: FilePath(directory.file("journals"))).map(\.begun) == [1])
  }

  @Test("what is left of its files goes last, and keeps the journal where it cannot be removed")
  func clearing() throws {
    let directory = try TemporaryDirectory()
    let state = FilePath(directory.file("journals"))
    let diary = Diary()
    let plan = Plan([diary.step("a")])
    try journal(in: state).begin(step: 0)
    func rollBack(_ clearing: () throws -> [String]) throws -> PlanFailure {
      plan.rollBack(try #require(OperationJournal.all(in: state).first), clearing: clearing)
    }
    let failed = try rollBack { throw Refusal() }
    #expect(diary.entries == ["un-a"])
    #expect(failed.notUndone.map(\.undo) == ["remove what is left of its files"])
    #expect(OperationJournal.all(in: state).count == 1)
    let cleared = try rollBack { ["/x"] }
    #expect(cleared.undone == ["undo a", "remove '/x'"])
    #expect(OperationJournal.all(in: state).isEmpty)
  }

  @Test("Ctrl-C between two steps takes back what was done")
  func cancelled() throws {
    let diary = Diary()
    let cancellation = Cancellation()
    let plan = Plan([diary.step("a"), Step("stop") { cancellation.cancel() }, diary.step("b")])
    let failure = #expect(throws: PlanFailure.self) { try plan.run(cancellation: cancellation) }
    #expect(failure?.cause is CancelledError)
    #expect(diary.entries.first == "a" && diary.entries.last == "un-a")
  }

  @Test("nothing is begun where no journal can be kept")
  func noJournal() throws {
    let diary = Diary()
    let journal = try journal(in: "/proc/no/such")
    #expect(throws: PlanFailure.self) {
      try Plan([diary.step("a")]).run(journal: journal, cancellation: Cancellation())
    }
    #expect(!diary.entries.contains("a"))
  }

  @Test(
    "behind the point of no return nothing is taken back, and the rest is done by whoever reads the journal")
  func finishing() throws {
    let directory = try TemporaryDirectory()
    let diary = Diary()
    var refuses = true
    let plan = Plan(
      [diary.step("a")],
      finishing: [
        Step("tidy") { diary.entries.append("tidy") },
        Step("sweep") {
          if refuses { throw Refusal() }
          diary.entries.append("sweep")
        },
      ])
    #expect(plan.descriptions == ["do a", "tidy", "sweep"])
    let journal = try journal(in: FilePath(directory.file("journals")))
    let failure = #expect(throws: PlanFailure.self) {
      try plan.run(journal: journal, cancellation: Cancellation())
    }
    #expect(diary.entries == ["a", "tidy"])
    #expect(failure?.description == "could not sweep: no; 'snapsh doctor --fix' does the rest")
    refuses = false
    let found = try #require(OperationJournal.all(in: FilePath(directory.file("journals"))).first)
    #expect(try plan.willFinish(found))
    let takenBack = try plan.recover(found)
    #expect(takenBack == nil)
    #expect(diary.entries == ["a", "tidy", "sweep"])
    #expect(OperationJournal.all(in: FilePath(directory.file("journals"))).isEmpty)
  }

  @Test(
    "what was lost in its last step, or behind where it may have been done, is finished where it is found done, else taken back",
    arguments: [nil, 0, 1])
  func achieved(first: Int?) throws {
    for (begun, isDone) in [(1, true), (1, false), (0, true), (0, false)] {
      let directory = try TemporaryDirectory()
      let diary = Diary()
      try journal(in: FilePath(directory.file("journals"))).begin(step: begun)
      let found = try #require(OperationJournal.all(in: FilePath(directory.file("journals"))).first)
      let plan = Plan(
        [diary.step("a"), diary.step("b")], finishing: [Step("tidy") { diary.entries.append("tidy") }],
        achievedFrom: first, isAchieved: { isDone })
      _ = try plan.recover(found)
      let undone = begun == 1 ? ["un-b", "un-a"] : ["un-a"]
      #expect(diary.entries == (isDone && begun >= first ?? 1 ? ["tidy"] : undone))
      #expect(OperationJournal.all(in: FilePath(directory.file("journals"))).isEmpty)
    }
  }
}
