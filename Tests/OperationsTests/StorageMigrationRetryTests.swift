import Foundation
import Libvirt
import TestSupport
import Testing

@testable import Operations

/// What is done once more where a guest dies under a move, and only there.
@Suite("A move's step that fails")
struct StorageMigrationRetryTests {
  @Test("of a guest that was off before it fails once: its overlay is not copied again, to fail again")
  func off() throws {
    let guest = try SnapshotImagesFixture(
      disk: "overlay", images: [["base", "overlay"], ["new"]], snapshots: [])
    let directory = guest.directory
    // Data that cannot be read, found when it is copied.
    try run([
      try require(tool: "qemu-io"), "-f", "qcow2", "-c", "write -q -c -P 3 0 64k", directory.file("overlay"),
    ]).check()
    try TestImage(directory.file("overlay")).damageLastCluster()
    func image(_ name: String) -> DiskChain.Image { .init(path: directory.file(name), format: "qcow2") }
    let move = StorageMigration(
      .init(
        snapshot: .init(
          snapshot: "s", xml: "", flags: 0, memoryFile: nil, bandwidth: nil,
          disks: [
            .init(
              target: "vda", base: image("base"), overlay: image("overlay").path,
              mirror: image("mirror").path,
              mirrorBacking: image("new"), format: "qcow2", reusesFiles: false)
          ]),
        disks: [
          .init(
            target: "vda", size: 1 << 20, layers: [.init(source: image("base"), destination: image("new"))],
            mirror: image("mirror").path)
        ], flattens: false, keepsOverlay: false, bandwidth: nil, removesOldStorage: nil, domain: "guest",
        definition: nil), on: guest.domain.connection, domainUUID: try guest.domain.uuid(),
      cancellation: Cancellation())
    let goingOver = try #require(move.plan.finishingSteps.first)
    #expect(throws: (any Error).self) { try goingOver.perform(nil) }
    // Each copy has a draft of its own.
    #expect(directory.files.filter { $0.contains("mirror") }.count == 1, "\(directory.files)")
    #expect(try DiskChain.chains(inDomainXML: guest.domain.xml())[0].top == image("overlay"))
  }
}
