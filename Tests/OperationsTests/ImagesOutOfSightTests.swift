import Foundation
import Libvirt
import TestSupport
import Testing

@testable import Operations

/// What is decided by chains of images while one of them cannot be read.
@Suite("Snapshots whose images are out of sight")
struct ImagesOutOfSightTests {
  @Test(
    "the guest's own: the snapshot is not taken for one of another branch and forgotten, but left to libvirt")
  func ownLine() throws {
    let guest = try SnapshotImagesFixture(
      disk: "overlay", images: [["base", "overlay"]], snapshots: [("s", nil, "base", "overlay")])
    #expect(try guest.deletion(of: "s").isLibvirts)
    try guest.hide("overlay")
    let error = #expect(throws: ReversionError.self) { _ = try guest.deletion(of: "s") }
    #expect(error?.isOutOfReach == true)
    #expect(error?.description.contains("disk 'vda' needs '\(guest.directory.file("overlay"))'") == true)
    #expect(throws: ReversionError.self) { _ = try guest.deletion(of: "s", .withDescendants) }
    #expect(try SnapshotDeletion.mayAskLibvirt(toDelete: guest.domain.snapshot(named: "s"), .itself))
    #expect(
      try !SnapshotDeletion.mayAskLibvirt(toDelete: guest.domain.snapshot(named: "s"), .withDescendants))
  }

  /// `branch` was left for the overlay `fresh` and stands on `base` with what it froze, `left`.
  private func branched() throws -> SnapshotImagesFixture {
    try SnapshotImagesFixture(
      disk: "fresh", images: [["base", "middle", "left", "after"], ["base", "fresh"]],
      snapshots: [("s", nil, "base", "fresh"), ("branch", "s", "left", "after")], current: "s")
  }

  @Test(
    "another branch's: what it may stand on is not written to, nor does a file go, until it can be read again"
  )
  func branch() throws {
    let guest = try branched()
    #expect(
      try guest.deletion(of: "s").remarks.first?.contains("snapshot 'branch' stands on them too") == true)
    try guest.hide("left")
    let error = #expect(throws: ReversionError.self) { _ = try guest.deletion(of: "s") }
    #expect(error?.description.contains("snapshot 'branch' needs") == true)
    // libvirt sees one child and would merge.
    #expect(try !SnapshotDeletion.mayAskLibvirt(toDelete: guest.domain.snapshot(named: "s"), .itself))
    let family = try SnapshotFamily(of: guest.domain)
    #expect(throws: ReversionError.self) { _ = try family.needed(by: family.snapshots) }
    #expect(family.visiblyNeeded(by: family.snapshots).contains(guest.directory.file("left")))
    #expect(family.chains.failure != nil)
    try guest.show("left")
    #expect(try guest.deletion(of: "s").merges.isEmpty)
  }

  @Test("a snapshot whose own images are gone can go, as nothing stands on them")
  func gone() throws {
    let guest = try branched()
    try guest.hide("left")
    let deletion = try guest.deletion(of: "branch")
    #expect(deletion.merges.isEmpty && !deletion.isLibvirts)
    #expect(deletion.unneeded == [guest.directory.file("after")])
  }
}
