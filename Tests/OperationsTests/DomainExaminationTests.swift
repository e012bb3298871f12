import Foundation
import Libvirt
import SystemPackage
import TestSupport
import Testing

@testable import Operations

/// What the doctor finds, and takes back, without a guest.
@Suite struct DomainExaminationTests {
  /// Less the overlays that nobody is seen to know while an image is out of sight.
  private func findings(_ guest: SnapshotImagesFixture) throws -> [Finding] {
    try DomainExamination(guest.domain, isBusy: false).findings().filter { $0.kind != .unknownOverlay }
  }

  @Test(
    "an image that is gone below the one that a snapshot froze is told, with the disk that stands on it too")
  func missingBelow() throws {
    let guest = try SnapshotImagesFixture(
      disk: "overlay", images: [["golden", "base", "overlay"]], snapshots: [("s", nil, "base", "overlay")])
    #expect(try findings(guest).isEmpty)
    try guest.hide("golden")
    let found = try findings(guest)
    #expect(found.map(\.kind) == [.missingFile])
    #expect(
      found.first?.explanation
        == "snapshot 's' stands on '\(guest.directory.file("golden"))', which is gone: it cannot be gone back to, and disk 'vda' "
        + "stands on it too")
    #expect(found.first?.advice == "bring it back")
    #expect(found.first?.remedy == nil)
  }

  @Test("the same on a branch that was left: the snapshot is not forgotten, as the rest of it may be of use")
  func missingBelowBranch() throws {
    let guest = try SnapshotImagesFixture(
      disk: "fresh", images: [["base", "middle", "left", "after"], ["base", "fresh"]],
      snapshots: [("s", nil, "base", "fresh"), ("branch", "s", "left", "after")], current: "s")
    #expect(try findings(guest).isEmpty)
    try guest.hide("middle")
    let found = try findings(guest)
    #expect(found.map(\.subject) == ["branch"])
    #expect(found.first?.remedy == nil)
    #expect(found.first?.advice?.contains("'snapshot-delete guest branch --metadata' forgets") == true)
    // The frozen image itself leaves nothing to go back to.
    try guest.show("middle")
    try guest.hide("left")
    let lost = try findings(guest)
    #expect(lost.map(\.subject) == ["branch"])
    #expect(lost.first?.remedy != nil)
  }

  @Test("a mending is taken back on the domain that it was made on, not on one of the same UUID elsewhere")
  func lastMending() throws {
    let guest = try SnapshotImagesFixture(disk: "base", images: [["base"]], snapshots: [])
    let copy = try SnapshotImagesFixture(disk: "base", images: [["base"]], snapshots: [])
    #expect(try guest.domain.uuid() == copy.domain.uuid())
    let mendings = FilePath(guest.directory.file("mended"))
    func keep(_ name: String, of fixture: SnapshotImagesFixture, began: Int64) throws {
      var record = try OperationJournal.Record(
        operation: Mending.operation, uri: fixture.domain.connection.uri(), domainUUID: fixture.domain.uuid(),
        domain: name, parameters: Mending([]))
      record.began = began
      record.processID += Int32(began)
      try OperationJournal(in: mendings, record).keep(asDone: 0)
    }
    try keep("first", of: guest, began: 1)
    try keep("second", of: guest, began: 2)
    #expect(try Mending.last(of: copy.domain, in: mendings) == nil)
    try keep("copy", of: copy, began: 3)
    #expect(try Mending.last(of: guest.domain, in: mendings)?.record.domain == "second")
    #expect(try Mending.last(of: copy.domain, in: mendings)?.record.domain == "copy")
  }
}
