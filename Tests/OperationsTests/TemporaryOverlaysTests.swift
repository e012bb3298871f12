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
    try write(2, to: overlay, "qcow2")
  }

  private func write(_ pattern: Int, to path: String, _ format: String) throws {
    try run([try require(tool: "qemu-io"), "-f", format, "-c", "write -q -P \(pattern) 0 64k", path]).check()
  }

  private func baseHolds(_ pattern: Int) throws -> Bool {
    try run([
      try require(tool: "qemu-io"), "-r", "-f", "raw", "-c", "read -q -P \(pattern) 0 64k", base,
    ]).stdout.isEmpty
  }

  /// Says that a file was last written so many seconds after the beginning of 2026.
  private func date(_ path: String, _ seconds: Double) throws {
    let date = Date(timeIntervalSince1970: 1_767_225_600 + seconds)
    try FileManager.default.setAttributes([.modificationDate: date], ofItemAtPath: path)
  }

  @Test("are never committed over what it wrote to its own images after it had left them: that is told")
  func leftBehind() throws {
    try write(3, to: base, "raw")
    try date(overlay, 0)
    try date(base, 86_400)
    #expect(throws: MirrorError.undecided(disk: "vda", overlay: overlay, base: base)) {
      try overlays.takeAway(from: nil)
    }
    #expect(try baseHolds(3))
    // Both stay for whoever looks into them, and so does what tells whose they are.
    #expect(FileManager.default.fileExists(atPath: overlay))
    #expect(FileManager.default.fileExists(atPath: overlays.memoryPath))
  }

  @Test("are committed where it wrote to nothing else, and are gone then")
  func stillInUse() throws {
    try date(base, 0)
    try date(overlay, 1)
    try overlays.takeAway(from: nil)
    #expect(try baseHolds(2))
    #expect(directory.files == ["base.img"])
    try overlays.takeAway(from: nil)
    #expect(directory.files == ["base.img"])
  }

  @Test("that say the same as its own images are only removed")
  func same() throws {
    try write(2, to: base, "raw")
    try date(overlay, 0)
    try date(base, 1)
    try overlays.takeAway(from: nil)
    #expect(try baseHolds(2))
    #expect(directory.files == ["base.img"])
  }
}
