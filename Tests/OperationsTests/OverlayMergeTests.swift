import Foundation
import Libvirt
import SystemPackage
import TestSupport
import Testing

@testable import Operations

/// Where a disk must be for its overlay to be merged, or to be taken for merged and removed.
@Suite("An overlay that is to be merged")
struct OverlayMergeTests {
  /// The domain is off, on `overlay`, which holds a 2 above the 1 of `base`; `above` stands on the overlay, `beside` on the base.
  private let guest: SnapshotImagesFixture
  private let merge: OverlayMerge

  init() throws {
    guest = try SnapshotImagesFixture(
      disk: "overlay", images: [["low", "base", "overlay", "above"], ["base", "beside"], ["other"]],
      snapshots: [("s", nil, "base", "overlay")])
    let directory = guest.directory
    merge = OverlayMerge(
      target: "vda", base: .init(path: directory.file("base"), format: "qcow2"),
      overlay: .init(path: directory.file("overlay"), format: "qcow2"))
    try TestImage(merge.base.path).write(1)
    try TestImage(merge.overlay.path).write(2)
  }

  /// Puts the disk on another image.
  private func move(to image: String) throws -> String {
    let path = guest.directory.file(image)
    let xml = try guest.domain.xml().replacing(
      "<source file='\(merge.overlay.path)'/>", with: "<source file='\(path)'/>")
    _ = try guest.domain.connection.defineDomain(xml: xml)
    return path
  }

  /// Takes the disk out of the definition, and gives the way back.
  private func detach() throws -> String {
    let xml = try guest.domain.xml()
    let start = try #require(xml.range(of: "<disk "))
    let end = try #require(xml.range(of: "</disk>"))
    _ = try guest.domain.connection.defineDomain(
      xml: xml.replacingCharacters(in: start.lowerBound..<end.upperBound, with: ""))
    #expect(try DiskChain.chains(inDomainXML: guest.domain.xml()).isEmpty)
    return xml
  }

  @Test("is merged where the disk is on it, whichever name it has there")
  func onOverlay() throws {
    let link = guest.directory.file("link")
    try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: merge.overlay.path)
    _ = try move(to: "link")
    try merge.check(on: guest.domain)
    try merge.run(on: guest.domain)
    #expect(try TestImage(merge.base.path).holds(2))
    #expect(try DiskChain.chains(inDomainXML: guest.domain.xml())[0].top?.path == merge.base.path)
  }

  @Test("was merged before where the disk is on the image below")
  func onBase() throws {
    _ = try move(to: "base")
    try merge.check(on: guest.domain)
    try merge.run(on: guest.domain)
    #expect(try TestImage(merge.base.path).holds(1))
  }

  @Test(
    "is neither merged nor taken for merged where the disk is on another image, that of another snapshot or one below too",
    arguments: ["beside", "other", "low", "gone"])
  func moved(_ image: String) throws {
    let found = try move(to: image)
    let refusal = MirrorError.neitherOn(
      disk: "vda", found: found, overlay: merge.overlay.path, base: merge.base.path)
    #expect(throws: refusal) { try merge.check(on: guest.domain) }
    #expect(throws: refusal) { try merge.run(on: guest.domain) }
    #expect(refusal.description.hasPrefix("disk 'vda' is on '\(found)', where it was not put by this, and '"))
    #expect(try TestImage(merge.base.path).holds(1))
    // Whoever sees to it himself removes it.
    try FileManager.default.removeItem(atPath: merge.overlay.path)
    try merge.check(on: guest.domain)
    try merge.run(on: guest.domain)
    #expect(try TestImage(merge.base.path).holds(1))
  }

  @Test("is left alone where another image has been put on top")
  func buried() throws {
    let top = try move(to: "above")
    let refusal = MirrorError.buried(disk: "vda", overlay: merge.overlay.path, top: top)
    #expect(throws: refusal) { try merge.check(on: guest.domain) }
    #expect(throws: refusal) { try merge.run(on: guest.domain) }
  }

  @Test("is kept where the domain has lost the disk, and merged once that is back")
  func detached() throws {
    let before = try detach()
    let refusal = MirrorError.neitherOn(
      disk: "vda", found: nil, overlay: merge.overlay.path, base: merge.base.path)
    #expect(throws: refusal) { try merge.check(on: guest.domain) }
    #expect(throws: refusal) { try merge.run(on: guest.domain) }
    #expect(
      refusal.description.hasPrefix("the domain has no disk 'vda' any more, and '\(merge.overlay.path)'"))
    _ = try guest.domain.connection.defineDomain(xml: before)
    try merge.run(on: guest.domain)
    #expect(try TestImage(merge.base.path).holds(2))
  }

  @Test("of a backup is kept likewise")
  func ofBackup() throws {
    let overlays = try TemporaryOverlays(
      of: GuestDisk.disks(
        inDomainXML: guest.domain.xml().replacing(merge.overlay.path, with: merge.base.path)), leaving: [],
      of: "guest",
      scratchDirectory: nil)
    let overlay = try #require(overlays.layers.first).overlay
    try FileManager.default.moveItem(atPath: merge.overlay.path, toPath: overlay)
    _ = try move(to: "other")
    let refusal = MirrorError.neitherOn(
      disk: "vda", found: guest.directory.file("other"), overlay: overlay, base: merge.base.path)
    #expect(throws: refusal) { try overlays.takeAway(from: guest.domain) }
    #expect(FileManager.default.fileExists(atPath: overlay))
  }

  @Test("stays when an interrupted deletion of its snapshot meets a domain without the disk")
  func interruptedDeletion() throws {
    let deletion = try guest.deletion(of: "s", .withDescendants)
    #expect(deletion.merges.map(\.target) == ["vda"])
    _ = try detach()
    let journal = OperationJournal(
      in: FilePath(guest.directory.file("journals")),
      try .init(
        operation: SnapshotDeletion.operation, uri: guest.domain.connection.uri(),
        domainUUID: guest.domain.uuid(), domain: "guest", parameters: deletion))
    try journal.begin(step: 0)
    let plan = deletion.plan(on: guest.domain, cancellation: Cancellation())
    let failure = #expect(throws: PlanFailure.self) { _ = try plan.recover(journal) }
    #expect(
      failure?.cause as? MirrorError
        == .neitherOn(
          disk: "vda", found: nil, overlay: merge.overlay.path, base: merge.base.path))
    #expect(FileManager.default.fileExists(atPath: merge.overlay.path))
  }
}
