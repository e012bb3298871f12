import Foundation
import TestSupport
import Testing

@testable import Operations

/// Snapshots of two disks of which the guest has left one.
@Suite("A snapshot with one disk in the guest's line and another one not")
struct PartlyLeftSnapshotTests {
  /// The guest went back with `vda` alone: `vdb` still stands on what `s` froze.
  private func partlyLeft() throws -> SnapshotImagesFixture {
    try SnapshotImagesFixture(
      disk: "fresh", images: [["base", "left", "after"], ["base", "fresh"], ["other", "otherAfter"]],
      snapshots: [("s", nil, "left", "after")], other: "otherAfter", others: ["s": ("other", "otherAfter")])
  }

  @Test("is merged on the one, and the files of the other go with it")
  func eachDisk() throws {
    let guest = try partlyLeft()
    let deletion = try guest.deletion(of: "s")
    #expect(!deletion.isLibvirts)
    #expect(deletion.merges.map(\.target) == ["vdb"])
    #expect(deletion.merges.first?.base.path == guest.directory.file("other"))
    #expect(Set(deletion.unneeded) == Set(["left", "after", "otherAfter"].map(guest.directory.file)))
    #expect(deletion.remarks.isEmpty)
  }

  @Test("keeps what was written after it on the one that was left, and says so")
  func data() throws {
    let guest = try partlyLeft()
    let overlay = guest.directory.file("after")
    try run([try require(tool: "qemu-io"), "-f", "qcow2", "-c", "write -q 0 64k", overlay]).check()
    let deletion = try guest.deletion(of: "s")
    #expect(deletion.merges.map(\.target) == ["vdb"])
    #expect(deletion.unneeded == [guest.directory.file("otherAfter")])
    #expect(
      deletion.remarks == ["'\(overlay)' stays: it holds data that is in no snapshot and on no disk"])
  }

  @Test("stays on the one where another snapshot stands on it, and says so")
  func sharedInLine() throws {
    let guest = try SnapshotImagesFixture(
      disk: "fresh", images: [["base", "left"], ["base", "fresh"], ["other", "between", "top"]],
      snapshots: [("s", nil, "left", "fresh"), ("t", "s", "base", "fresh")], other: "top",
      others: ["s": ("other", "between"), "t": ("between", "top")])
    let deletion = try guest.deletion(of: "s")
    #expect(deletion.merges.isEmpty && !deletion.isLibvirts)
    #expect(deletion.remarks == ["the images of vdb stay: snapshot 't' stands on them"])
    #expect(deletion.unneeded == [guest.directory.file("left")])
  }

  @Test("leaves the images of a disk alone that the domain has no more")
  func detached() throws {
    let guest = try SnapshotImagesFixture(
      disk: "after", images: [["base", "after"], ["other", "between", "otherAfter"]],
      snapshots: [("s", nil, "base", "after")], others: ["s": ("between", "otherAfter")])
    let deletion = try guest.deletion(of: "s")
    #expect(deletion.merges.map(\.target) == ["vda"])
    #expect(deletion.unneeded == [guest.directory.file("after")])
    #expect(deletion.remarks == ["the images of vdb stay: the domain has no such disk any more"])
  }
}
