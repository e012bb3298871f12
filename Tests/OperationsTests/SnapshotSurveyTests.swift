import Foundation
import TestSupport
import Testing

@testable import Operations

@Suite("What snapshots take and stand on")
struct SnapshotSurveyTests {
  private let snapshots =
    ImageNode.snapshot("inside", location: "internal", [("vda", "@/base.qcow2", "")])
    + ImageNode.snapshot("one", parent: "inside", [("vda", "@/base.qcow2", "@/one.qcow2")])
    + ImageNode.snapshot(
      "two", parent: "one", memory: "<memory snapshot='external' file='@/two.mem'/>",
      [("vda", "@/one.qcow2", "@/two.qcow2")])
    // A branch that the guest has left: its files are in no chain of today's.
    + ImageNode.snapshot("left", parent: "one", [("vda", "@/branch.qcow2", "@/gone.qcow2")])

  private func node() throws -> ImageNode {
    try ImageNode(disks: ImageNode.disk("vda", "@/two.qcow2"), snapshots: snapshots) {
      try ImageNode.makeImage("base.qcow2", in: $0)
      try run([try require(tool: "qemu-img"), "snapshot", "-c", "inside", $0.file("base.qcow2")]).check()
      try ImageNode.makeImage("one.qcow2", in: $0, backing: $0.file("base.qcow2"))
      try ImageNode.makeImage("two.qcow2", in: $0, backing: $0.file("one.qcow2"))
      try ImageNode.makeImage("branch.qcow2", in: $0, backing: $0.file("one.qcow2"))
      try $0.write(Array(repeating: 1, count: 20_000), to: "two.mem")
    }
  }

  private func details(_ node: ImageNode, _ aspects: SnapshotSurvey.Aspects) throws -> [String:
    SnapshotDetails]
  {
    let survey = try SnapshotSurvey(of: node.domain, aspects)
    let details = try node.domain.snapshots().map { try survey.details(of: $0) }
    return Dictionary(uniqueKeysWithValues: details.map { ($0.record.name, $0) })
  }

  private func blocks(_ path: String) -> UInt64 {
    var status = stat()
    return stat(path, &status) == 0 ? UInt64(status.st_blocks) * 512 : 0
  }

  @Test("sizes are those of the snapshot's own files, depth is that of its state")
  func sizes() throws {
    let node = try node()
    let details = try details(node, [.overlays, .memory, .depth, .children])
    #expect(details["one"]?.overlaySize == blocks(node.directory.file("one.qcow2")))
    #expect(details["two"]?.overlaySize == blocks(node.directory.file("two.qcow2")))
    #expect(details["two"]?.memory?.size == blocks(node.directory.file("two.mem")))
    #expect(details["inside"]?.overlaySize == nil)
    #expect(details["inside"]?.memory == nil)
    #expect(details.mapValues(\.chainDepth) == ["inside": 1, "one": 1, "two": 2, "left": 3])
    #expect(details.mapValues(\.childCount) == ["inside": 1, "one": 2, "two": 0, "left": 0])
  }

  @Test("a missing overlay or memory file is named, and no sum is made without it")
  func missing() throws {
    let node = try node()
    try FileManager.default.removeItem(atPath: node.directory.file("two.mem"))
    try FileManager.default.removeItem(atPath: node.directory.file("one.qcow2"))
    let details = try details(node, [.overlays, .memory, .depth])
    #expect(details["left"]?.missingFiles == [node.directory.file("gone.qcow2")])
    #expect(details["left"]?.overlaySize == nil)
    #expect(details["two"]?.missingFiles == [node.directory.file("two.mem")])
    // What stands on a missing image has no depth that could be told.
    #expect(details.mapValues(\.chainDepth) == ["inside": 1, "one": 1, "two": nil, "left": nil])
  }

  @Test("what is not asked for is not looked at")
  func nothingAsked() throws {
    let details = try details(try node(), [])
    #expect(details["two"]?.overlays == [])
    #expect(details["two"]?.chainDepth == nil)
    #expect(details["two"]?.memory == nil)
    #expect(details["two"]?.childCount == nil)
    #expect(details["two"]?.record.parent == "one")
  }
}
