import Foundation
import SystemPackage
import TestSupport
import Testing

@testable import Operations

@Suite("One operation on a domain at a time")
struct DomainClaimTests {
  private func journal(_ operation: String, in directory: FilePath) throws -> OperationJournal {
    OperationJournal(
      in: directory,
      try .init(operation: operation, uri: "test:///default", domainUUID: "u", domain: "d", parameters: 1))
  }

  @Test("the claim is had once, asked for without being taken, and free again when its holder lets go")
  func claim() throws {
    let temporary = try TemporaryDirectory()
    let journals = FilePath(temporary.path).appending("journals")
    #expect(!DomainClaim.isHeld(on: "u", beside: journals))
    do {
      let held = try #require(try DomainClaim(on: "u", beside: journals))
      #expect(DomainClaim.isHeld(on: "u", beside: journals))
      #expect(try DomainClaim(on: "u", beside: journals) == nil)
      #expect(try DomainClaim(on: "other", beside: journals) != nil)
      withExtendedLifetime(held) {}
    }
    #expect(!DomainClaim.isHeld(on: "u", beside: journals))
    #expect(try DomainClaim(on: "u", beside: journals) != nil)
  }

  @Test("a plan that was made in time and is run too late touches nothing")
  func late() throws {
    let temporary = try TemporaryDirectory()
    let journals = FilePath(temporary.path).appending("journals")
    var inner: PlanFailure?
    var isDone = false
    let late = Plan([Step("do it again") { isDone = true }])
    let other = try journal("late", in: journals)
    let plan = Plan([
      Step("do it") {
        do throws(PlanFailure) {
          try late.run(journal: other, cancellation: Cancellation())
        } catch { inner = error }
      }
    ])
    try plan.run(journal: journal("first", in: journals), cancellation: Cancellation())
    let cause = try #require(inner?.cause as? UnfinishedOperationError)
    #expect(cause.operation == "first")
    #expect(cause.process != nil)
    #expect(!isDone)
    try late.run(journal: journal("late", in: journals), cancellation: Cancellation())
    #expect(isDone)
  }

  @Test("what a living process has given up can be taken back by it, and stands in the way of the next")
  func givenUp() throws {
    let temporary = try TemporaryDirectory()
    let journals = FilePath(temporary.path).appending("journals")
    var undoes = false
    let plan = Plan([
      Step(
        "do it", perform: { throw MirrorError.refused("no") }, undoing: "undo it",
        undo: { if !undoes { throw MirrorError.refused("not yet") } })
    ])
    let first = try journal("first", in: journals)
    #expect(throws: PlanFailure.self) { try plan.run(journal: first, cancellation: Cancellation()) }
    let left = try #require(OperationJournal.all(in: journals).first)
    #expect(!left.isHeld)
    let second = try journal("second", in: journals)
    var refusal: PlanFailure?
    do throws(PlanFailure) {
      try plan.run(journal: second, cancellation: Cancellation())
    } catch { refusal = error }
    #expect((refusal?.cause as? UnfinishedOperationError)?.process == nil)
    undoes = true
    #expect(plan.rollBack(left).notUndone.isEmpty)
    #expect(OperationJournal.all(in: journals).isEmpty)
  }

  @Test("who is refused because of an operation under another libvirt is told which")
  func elsewhere() throws {
    let temporary = try TemporaryDirectory()
    let journals = FilePath(temporary.path).appending("journals")
    let lost = OperationJournal(
      in: journals,
      try .init(operation: "first", uri: "test:///other", domainUUID: "u", domain: "d", parameters: 1))
    try lost.begin(step: 0)
    let second = try journal("second", in: journals)
    let interrupted = #expect(throws: UnfinishedOperationError.self) { try second.claimForNew() }
    #expect(
      interrupted?.description
        == "an earlier first on domain 'd' under 'test:///other' was interrupted; 'snapsh -c 'test:///other' doctor d --fix' "
        + "takes it back, or does the rest of it")
    let claim = try lost.claim()
    defer { withExtendedLifetime(claim) {} }
    let busy = #expect(throws: UnfinishedOperationError.self) { try second.claimForNew() }
    #expect(
      busy?.description
        == "process \(getpid()) is at work on domain 'd' under 'test:///other' (first); wait for its end")
  }

  @Test("a lock that cannot be had for another reason is no other operation's")
  func noLocks() throws {
    let temporary = try TemporaryDirectory()
    let journals = FilePath(temporary.path).appending("journals")
    try temporary.write(text: "", to: "elsewhere")
    try FileManager.default.createDirectory(
      atPath: temporary.file("locks"), withIntermediateDirectories: false)
    try FileManager.default.createSymbolicLink(
      atPath: temporary.file("locks/u.lock"), withDestinationPath: temporary.file("elsewhere"))
    #expect(throws: JournalError.self) { try journal("first", in: journals).claim() }
  }
}
