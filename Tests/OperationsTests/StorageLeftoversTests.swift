import Foundation
import TestSupport
import Testing

@testable import Operations

@Suite("What a guest leaves on a storage")
struct StorageLeftoversTests {
  @Test(
    "images go that nobody stands on; what a snapshot's image stands on stays, and all where one cannot be read"
  )
  func needed() throws {
    let fixture = try SnapshotImagesFixture(
      disk: "new", images: [["golden", "base", "ov1"], ["new"], ["stray"]],
      snapshots: [("s1", nil, "base", "ov1")])
    let leftovers = StorageLeftovers(on: fixture.domain.connection)
    let candidates = ["base", "golden", "stray"].map(fixture.directory.file)
    func users(removing: Bool) throws -> [String?] {
      try leftovers.settle(candidates, removes: removing).map(\.neededBy)
    }
    let snapshot = "snapshot 's1' of domain 'guest'"
    #expect(try users(removing: false) == [snapshot, snapshot, nil])

    try fixture.hide("base")
    let doubtful = try leftovers.settle(candidates, removes: true)
    #expect(doubtful.map(\.isRemoved) == [false, false])
    #expect(doubtful.last?.neededBy == "perhaps \(snapshot), whose images cannot be read")
    try fixture.show("base")

    #expect(try leftovers.settle(candidates, removes: true).map(\.isRemoved) == [false, false, true])
    #expect(!FileManager.default.fileExists(atPath: fixture.directory.file("stray")))
  }

  @Test("is all that its disks stood on, as far as the images tell, less what it still uses")
  func chains() throws {
    let fixture = try SnapshotImagesFixture(
      disk: "base", images: [["golden", "base", "ov1"], ["low", "ov2"]], snapshots: [])
    func left(_ names: String...) throws -> [String] {
      let tops = names.map { DiskChain.Image(path: fixture.directory.file($0), format: "qcow2") }
      return try StorageLeftovers(on: fixture.domain.connection)
        .settle(chainsFrom: tops, leftBy: fixture.domain, removes: false)
        .map { String($0.path.split(separator: "/").last ?? "") }
    }
    #expect(try left("ov1", "ov2") == ["ov1", "golden", "ov2", "low"])
    try fixture.hide("low")
    #expect(try left("ov2", "none") == ["ov2"])
  }

  @Test("a path that cannot be looked at is not taken for one where nothing is")
  func unreachable() throws {
    let directory = try TemporaryDirectory()
    let loop = directory.file("loop")
    try FileManager.default.createSymbolicLink(atPath: loop, withDestinationPath: loop)
    for path in [loop + "/x"] {
      #expect(FileOwner.exists(path))
      #expect(StorageCheck.exists(path))
    }
    for path in [directory.file("none"), directory.file("none/x")] {
      #expect(!FileOwner.exists(path))
      #expect(!StorageCheck.exists(path))
    }
  }
}
