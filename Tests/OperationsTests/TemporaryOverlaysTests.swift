import Foundation
import TestSupport
import Testing

@testable import Operations

/// Overlays whose guest has no definition and has ended, so that nobody knows whether it was still on them.
@Suite("Overlays of a guest that nobody knows any more")
struct TemporaryOverlaysTests {
  private let directory: TemporaryDirectory
  private let overlays: TemporaryOverlays
  private let base: String
  private let overlay: String

  init() throws {
    directory = try TemporaryDirectory()
    base = directory.file("base.img")
    let disks = try GuestDisk.disks(
      inDomainXML: """
        <domain><devices><disk type='file' device='disk'><driver type='raw'/><source file='\(base)'/>
        <target dev='vda'/></disk></devices></domain>
        """)
    overlays = try TemporaryOverlays(of: disks, leaving: [], of: "guest", scratchDirectory: nil)
    overlay = try #require(overlays.layers.first).overlay
    let image = try require(tool: "qemu-img")
    try run([image, "create", "-q", "-f", "raw", base, "1M"]).check()
    try run([image, "create", "-q", "-f", "qcow2", "-b", base, "-F", "raw", overlay]).check()
    try directory.write(
      text: "memory", to: URL(fileURLWithPath: overlays.memoryPath).lastPathComponent)
    try TestImage(overlay).write(2)
  }

  @Test("are never committed over what it wrote to its own images after it had left them: that is told")
  func leftBehind() throws {
    try TestImage(base, "raw").write(3)
    try TestImage(overlay).setLastWritten(0)
    try TestImage(base, "raw").setLastWritten(86_400)
    #expect(throws: MirrorError.undecided(disk: "vda", overlay: overlay, base: base)) {
      try overlays.takeAway(from: nil)
    }
    #expect(try TestImage(base, "raw").holds(3))
    // Both stay for whoever looks into them, and so does what tells whose they are.
    #expect(FileManager.default.fileExists(atPath: overlay))
    #expect(FileManager.default.fileExists(atPath: overlays.memoryPath))
  }

  @Test("are committed where it wrote to nothing else, and are gone then")
  func stillInUse() throws {
    try TestImage(base, "raw").setLastWritten(0)
    try TestImage(overlay).setLastWritten(1)
    try overlays.takeAway(from: nil)
    #expect(try TestImage(base, "raw").holds(2))
    #expect(directory.files == ["base.img"])
    try overlays.takeAway(from: nil)
    #expect(directory.files == ["base.img"])
  }

  @Test("that say the same as its own images are only removed")
  func same() throws {
    try TestImage(base, "raw").write(2)
    try TestImage(overlay).setLastWritten(0)
    try TestImage(base, "raw").setLastWritten(1)
    try overlays.takeAway(from: nil)
    #expect(try TestImage(base, "raw").holds(2))
    #expect(directory.files == ["base.img"])
  }
}
