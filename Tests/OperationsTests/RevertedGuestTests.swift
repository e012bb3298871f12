import Foundation
import Libvirt
import TestSupport
import Testing

@testable import Operations

/// What becomes of a running guest whose disks alone are kept while it is taken back.
@Suite("A running guest that goes back without its memory")
struct RevertedGuestTests {
  private let guest: SnapshotImagesFixture

  init() throws {
    guest = try SnapshotImagesFixture(
      disk: "overlay", images: [["base", "overlay"]], snapshots: [("s", nil, "base", "overlay")])
  }

  /// The reversion of a guest that was found running, and is to be kept in `overlay`; nil for a good place.
  private func reversion(keepingIn overlay: String? = nil) throws -> ExternalReversion {
    var options = ExternalReversion.Options()
    options.keepsMemory = false
    let prepared = try ExternalReversion(to: guest.domain.snapshot(named: "s"), options)
    let branch = try #require(prepared.branch)
    #expect(branch.memoryFile == nil)
    let text = String(decoding: try JSONEncoder().encode(prepared), as: UTF8.self)
      .replacingOccurrences(of: #""endingBefore":"shutoff""#, with: #""endingBefore":"running""#)
    let found = try JSONDecoder().decode(ExternalReversion.self, from: Data(text.utf8))
    #expect(found.endingBefore == .running)
    try guest.domain.start()
    guard let overlay else { return found }
    let place = try #require(branch.overlays["vda"]?.path).replacingOccurrences(of: "/", with: "\\/")
    let changed = String(decoding: try JSONEncoder().encode(found), as: UTF8.self)
      .replacingOccurrences(of: place, with: overlay)
    return try JSONDecoder().decode(ExternalReversion.self, from: Data(changed.utf8))
  }

  private func state() throws -> DomainState { try guest.domain.state().state }

  @Test("stands still while they are kept, and goes on where that fails")
  func failing() throws {
    // libvirt takes absolute paths alone.
    let reversion = try reversion(keepingIn: "nowhere")
    let branch = try #require(reversion.branch)
    let reverted = RevertedGuest(domain: guest.domain, reversion: reversion)
    #expect(throws: LibvirtError.self) { try reverted.keep(branch) }
    #expect(try state() == .paused)
    try reverted.putBack(branch)
    #expect(try state() == .running)
    // Once more, as a process does that reads the journal.
    try reverted.putBack(branch)
    #expect(try state() == .running)
    #expect(try guest.domain.snapshots().map(\.name) == ["s"])
  }

  @Test("goes on even where the rest cannot be undone")
  func notUndone() throws {
    let reversion = try reversion()
    let branch = try #require(reversion.branch)
    let reverted = RevertedGuest(domain: guest.domain, reversion: reversion)
    try guest.domain.suspend()
    // Somebody has written to the overlay.
    let overlay = try #require(branch.overlays["vda"]?.path)
    let image = try require(tool: "qemu-img")
    try run([
      image, "create", "-q", "-f", "qcow2", "-b", guest.directory.file("overlay"), "-F", "qcow2", overlay,
    ]).check()
    try run([try require(tool: "qemu-io"), "-f", "qcow2", "-c", "write -q 0 64k", overlay]).check()
    #expect(throws: ReversionError.usedMeanwhile(domain: "guest", path: overlay)) {
      try reverted.putBack(branch)
    }
    #expect(try state() == .running)
  }
}
