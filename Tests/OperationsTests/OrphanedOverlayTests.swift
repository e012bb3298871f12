import Foundation
import TestSupport
import Testing

@testable import Operations

/// What is left of a transient guest that died while its overlay was being merged.
@Suite("An overlay whose guest is gone for good")
struct OrphanedOverlayTests {
  private let directory: TemporaryDirectory
  private let merge: OverlayMerge

  init() throws {
    directory = try TemporaryDirectory()
    merge = OverlayMerge(
      target: "vda", base: .init(path: directory.file("base"), format: "qcow2"),
      overlay: .init(path: directory.file("overlay"), format: "qcow2"))
    let image = try require(tool: "qemu-img")
    try run([image, "create", "-q", "-f", "qcow2", merge.base.path, "1M"]).check()
    try TestImage(merge.base.path).write(1)
    try run([
      image, "create", "-q", "-f", "qcow2", "-b", merge.base.path, "-F", "qcow2", merge.overlay.path,
    ])
    .check()
  }

  @Test("is merged where nothing was written to the base after it")
  func newer() throws {
    try TestImage(merge.overlay.path).write(2)
    try TestImage(merge.base.path).setLastWritten(0)
    try TestImage(merge.overlay.path).setLastWritten(1)
    try merge.run(on: nil)
    #expect(try TestImage(merge.base.path).holds(2))
  }

  @Test(
    "is never merged over what the guest wrote to the base after it: that is told, and nothing is touched")
  func older() throws {
    try TestImage(merge.overlay.path).write(2)
    try TestImage(merge.base.path).write(3)
    for (overlay, base) in [(0.0, 1.0), (1, 1)] {
      try TestImage(merge.overlay.path).setLastWritten(overlay)
      try TestImage(merge.base.path).setLastWritten(base)
      let error = #expect(throws: MirrorError.self) { try merge.run(on: nil) }
      #expect(
        error == .undecided(disk: "vda", overlay: merge.overlay.path, base: merge.base.path))
      #expect(try TestImage(merge.base.path).holds(3))
      #expect(FileManager.default.fileExists(atPath: merge.overlay.path))
    }
    // Somebody has looked, and removes it.
    try FileManager.default.removeItem(atPath: merge.overlay.path)
    try merge.run(on: nil)
    #expect(try TestImage(merge.base.path).holds(3))
  }

  @Test("needs no merging where the two are the same, however old they are")
  func same() throws {
    try TestImage(merge.overlay.path).setLastWritten(0)
    try merge.run(on: nil)
    #expect(try TestImage(merge.base.path).holds(1))
    try TestImage(merge.overlay.path).write(2)
    try TestImage(merge.base.path).write(2)
    try TestImage(merge.overlay.path).setLastWritten(0)
    try merge.run(on: nil)
    #expect(try TestImage(merge.base.path).holds(2))
  }

  @Test("is merged whatever the times say where the guest is known to have been on it when it ended")
  func current() throws {
    try TestImage(merge.overlay.path).write(2)
    try TestImage(merge.overlay.path).setLastWritten(0)
    try OrphanedOverlay(merge).merge(isCurrent: true)
    #expect(try TestImage(merge.base.path).holds(2))
  }
}
