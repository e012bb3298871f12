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
    try write(1, to: merge.base.path)
    try run([
      image, "create", "-q", "-f", "qcow2", "-b", merge.base.path, "-F", "qcow2", merge.overlay.path,
    ])
    .check()
  }

  private func write(_ pattern: Int, to path: String) throws {
    try run([try require(tool: "qemu-io"), "-f", "qcow2", "-c", "write -q -P \(pattern) 0 64k", path])
      .check()
  }

  private func baseHolds(_ pattern: Int) throws -> Bool {
    try run([
      try require(tool: "qemu-io"), "-r", "-f", "qcow2", "-c", "read -q -P \(pattern) 0 64k",
      merge.base.path,
    ]).stdout.isEmpty
  }

  /// Says that a file was last written so many seconds after the beginning of 2026.
  private func date(_ path: String, _ seconds: Double) throws {
    let date = Date(timeIntervalSince1970: 1_767_225_600 + seconds)
    try FileManager.default.setAttributes([.modificationDate: date], ofItemAtPath: path)
  }

  @Test("is merged where nothing was written to the base after it")
  func newer() throws {
    try write(2, to: merge.overlay.path)
    try date(merge.base.path, 0)
    try date(merge.overlay.path, 1)
    try merge.run(on: nil)
    #expect(try baseHolds(2))
  }

  @Test(
    "is never merged over what the guest wrote to the base after it: that is told, and nothing is touched")
  func older() throws {
    try write(2, to: merge.overlay.path)
    try write(3, to: merge.base.path)
    for (overlay, base) in [(0.0, 1.0), (1, 1)] {
      try date(merge.overlay.path, overlay)
      try date(merge.base.path, base)
      let error = #expect(throws: MirrorError.self) { try merge.run(on: nil) }
      #expect(
        error == .undecided(disk: "vda", overlay: merge.overlay.path, base: merge.base.path))
      #expect(try baseHolds(3))
      #expect(FileManager.default.fileExists(atPath: merge.overlay.path))
    }
    // Somebody has looked, and removes it.
    try FileManager.default.removeItem(atPath: merge.overlay.path)
    try merge.run(on: nil)
    #expect(try baseHolds(3))
  }

  @Test("needs no merging where the two are the same, however old they are")
  func same() throws {
    try date(merge.overlay.path, 0)
    try merge.run(on: nil)
    #expect(try baseHolds(1))
    try write(2, to: merge.overlay.path)
    try write(2, to: merge.base.path)
    try date(merge.overlay.path, 0)
    try merge.run(on: nil)
    #expect(try baseHolds(2))
  }

  @Test("is merged whatever the times say where the guest is known to have been on it when it ended")
  func current() throws {
    try write(2, to: merge.overlay.path)
    try date(merge.overlay.path, 0)
    try OrphanedOverlay(merge).merge(isCurrent: true)
    #expect(try baseHolds(2))
  }
}
