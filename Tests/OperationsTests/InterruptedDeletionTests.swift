import Foundation
import Libvirt
import SystemPackage
import TestSupport
import Testing

@testable import Operations

/// A merge that fails after it has begun to write over what a snapshot froze, and one that fails before that.
@Suite("A snapshot's deletion that fails half way")
struct InterruptedDeletionTests {
  private let guest: SnapshotImagesFixture
  private let journals: FilePath

  /// The guest is off, on `overlay`, whose last cluster cannot be read: what is before it goes down into `base`.
  init() throws {
    guest = try SnapshotImagesFixture(
      disk: "overlay", images: [["base", "overlay"]], snapshots: [("s", nil, "base", "overlay")])
    journals = FilePath(guest.directory.file("state/journals"))
    try write("write -q -P 1 0 64k", "base")
    try write("write -q -P 2 0 64k", "overlay")
    try write("write -q -c -P 3 960k 64k", "overlay")
    try TestImage(guest.directory.file("overlay")).damageLastCluster()
  }

  private func write(_ command: String, _ image: String) throws {
    try run([try require(tool: "qemu-io"), "-f", "qcow2", "-c", command, guest.directory.file(image)]).check()
  }

  private func holds(_ pattern: Int, at place: String, _ image: String) throws -> Bool {
    try run([
      try require(tool: "qemu-io"), "-r", "-f", "qcow2", "-c", "read -q -P \(pattern) \(place)",
      guest.directory.file(image),
    ]).stdout.isEmpty
  }

  /// The first step alone: libvirt's test driver forgets no snapshots.
  private func merge(_ deletion: SnapshotDeletion) -> Plan {
    let plan = deletion.plan(on: guest.domain, cancellation: Cancellation())
    return Plan([], finishing: Array(plan.finishingSteps.prefix(1)))
  }

  private func carryOut(_ deletion: SnapshotDeletion) throws -> PlanFailure? {
    let journal = OperationJournal(
      in: journals,
      try .init(
        operation: SnapshotDeletion.operation, uri: guest.domain.connection.uri(),
        domainUUID: guest.domain.uuid(), domain: "guest", parameters: deletion))
    do {
      try merge(deletion).run(journal: journal, cancellation: Cancellation())
      return nil
    } catch {
      return error
    }
  }

  @Test("is kept in the journal, told, and refused as a way back, until the rest of it is done")
  func halfWay() throws {
    let failure = try #require(try carryOut(guest.deletion(of: "s", .withDescendants)))
    #expect(failure.isUnfinished)
    #expect(
      failure.description.hasSuffix(
        "; snapshot 's' can no longer be gone back to, as what it froze may be written over in part; the same command again, "
          + "or 'snapsh doctor --fix', does the rest"), "\(failure)")
    // The image that `s` froze is a mixture now, and libvirt has `s` on its list.
    #expect(try holds(2, at: "0 64k", "base"))
    let snapshot = try guest.domain.snapshot(named: "s")
    #expect(throws: ReversionError.halfMerged(snapshot: "s", domain: "guest")) {
      try SnapshotDeletion.requireIntact(snapshot, in: journals)
    }
    let operation = try #require(
      InterruptedOperation.all(in: journals, domainUUID: try guest.domain.uuid()).first)
    #expect(try operation.loss(on: guest.domain)?.hasPrefix("snapshot 's' can no longer be") == true)
    #expect(operation.willFinish(on: guest.domain.connection))

    // Asked for again, or by the doctor: as long as it fails it is kept.
    let found = try SnapshotDeletion.interrupted("s", .withDescendants, of: guest.domain, in: journals)
    let (deletion, journal) = try #require(found)
    let other = try SnapshotDeletion.interrupted("s", .itself, of: guest.domain, in: journals)
    #expect(other == nil)
    let plan = merge(deletion)
    #expect(plan.rest(of: journal).descriptions == plan.descriptions)
    let again = #expect(throws: PlanFailure.self) { try plan.recover(journal) }
    #expect(again?.consequence == failure.consequence)

    // Somebody mends the overlay.
    try write("write -q -P 4 960k 64k", "overlay")
    let outcome = try plan.recover(journal)
    #expect(outcome == nil)
    #expect(try holds(2, at: "0 64k", "base") && holds(4, at: "960k 64k", "base"))
    #expect(
      try DiskChain.chains(inDomainXML: guest.domain.xml())[0].top?.path == guest.directory.file("base"))
    #expect(OperationJournal.all(in: journals).isEmpty)
    try SnapshotDeletion.requireIntact(snapshot, in: journals)
  }

  @Test("leaves no journal where nothing was written, and the snapshot can be gone back to")
  func notBegun() throws {
    let deletion = try guest.deletion(of: "s", .withDescendants)
    #expect(deletion.merges.map(\.ruined) == [["s"]])
    try write("write -q -P 4 960k 64k", "overlay")
    try guest.hide("base")
    let refused = try #require(try carryOut(deletion))
    #expect(!refused.isUnfinished && refused.consequence == nil, "\(refused)")
    #expect(OperationJournal.all(in: journals).isEmpty)
    try guest.show("base")
    #expect(try holds(1, at: "0 64k", "base"))
    let done = try carryOut(deletion)
    #expect(done == nil)
    #expect(try holds(2, at: "0 64k", "base"))
  }
}
