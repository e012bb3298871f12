import Foundation
import TestSupport
import Testing

@testable import Operations

/// Where the disks of a guest are that has ended in the middle of a move, by what the move's journal says.
@Suite("A guest without a definition that ended while its disks were moving")
struct EndedGuestTests {
  private let directory: TemporaryDirectory
  private let parameters: StorageMigration.Parameters
  /// Two disks: the steps 3 and 4 go over, 5 forgets the snapshot, 6 and 7 merge.
  private let firstPivot = 3

  init() throws {
    directory = try TemporaryDirectory()
    let directory = directory
    func image(_ name: String) -> DiskChain.Image { .init(path: directory.file(name), format: "qcow2") }
    for target in ["vda", "vdb"] {
      for name in ["base", "overlay", "mirror", "new"] {
        try run([
          try require(tool: "qemu-img"), "create", "-q", "-f", "qcow2", directory.file("\(target).\(name)"),
          "1M",
        ]).check()
      }
    }
    parameters = StorageMigration.Parameters(
      snapshot: .init(
        snapshot: "s", xml: "", flags: 0, memoryFile: nil, bandwidth: nil,
        disks: ["vda", "vdb"].map { target in
          .init(
            target: target, base: image("\(target).base"), overlay: image("\(target).overlay").path,
            mirror: image("\(target).mirror").path, mirrorBacking: image("\(target).new"), format: "qcow2",
            reusesFiles: false)
        }),
      disks: ["vda", "vdb"].map { target in
        .init(
          target: target, size: 1 << 20,
          layers: [.init(source: image("\(target).base"), destination: image("\(target).new"))],
          mirror: image("\(target).mirror").path)
      }, flattens: false, keepsOverlay: false, bandwidth: nil, removesOldStorage: true, domain: "guest",
      definition: nil)
  }

  private func guest(_ begun: Int, _ turn: OperationJournal.Turn?) -> EndedGuest {
    EndedGuest(parameters: parameters, begun: begun, turn: turn, firstPivot: firstPivot)
  }

  /// `vda.overlay vdb.base`; two names with a `?` between where it is undecided.
  private func places(_ guest: EndedGuest) throws -> String {
    try guest.places().map { _, place in
      switch place {
      case .image(let image): name(image)
      case .undecided(let one, let other): "\(name(one))?\(name(other))"
      }
    }.joined(separator: " ")
  }

  private func name(_ image: DiskChain.Image) -> String {
    String(image.path.split(separator: "/").last ?? "")
  }

  @Test("the journal tells of each disk which of its images it was on")
  func byStep() throws {
    for (begun, turn, expected) in [
      (2, nil, "vda.overlay vdb.overlay"), (3, nil, "vda.overlay vdb.overlay"),
      (3, .taken, "vda.mirror vdb.overlay"), (4, nil, "vda.mirror vdb.overlay"),
      (4, .taken, "vda.mirror vdb.mirror"), (5, nil, "vda.mirror vdb.mirror"),
      (6, nil, "vda.mirror vdb.mirror"), (6, .taken, "vda.new vdb.mirror"), (7, nil, "vda.new vdb.mirror"),
      (7, .taken, "vda.new vdb.new"), (8, nil, "vda.new vdb.new"),
    ] as [(Int, OperationJournal.Turn?, String)] {
      #expect(try places(guest(begun, turn)) == expected, "\(begun) \(String(describing: turn))")
    }
    // Nothing was made yet.
    for target in ["vda", "vdb"] {
      try FileManager.default.removeItem(atPath: directory.file("\(target).overlay"))
    }
    #expect(try places(guest(2, nil)) == "vda.base vdb.base")
  }

  @Test(
    "between two images that hold the same, either is right; where they differ nothing is decided, and both are named"
  )
  func pending() throws {
    #expect(try places(guest(3, .pending)) == "vda.overlay vdb.overlay")
    try TestImage(directory.file("vda.mirror")).write(1)
    #expect(try places(guest(3, .pending)) == "vda.overlay?vda.mirror vdb.overlay")
    let error = try #require(throws: MirrorError.self) {
      try guest(3, .pending).definition(from: "<domain/>")
    }
    #expect(error.description.contains("define' the guest with this disk on the newer one"))
    #expect(error.description.contains(directory.file("vda.overlay")))
    #expect(error.description.contains("'storage-migrate guest --resume' does the rest"))

    // The merge alone writes to the image below while the guest is on the overlay.
    for (seconds, expected) in [(1.0, "vda.mirror vdb.mirror"), (-1, "vda.mirror?vda.new vdb.mirror")] {
      for (name, moment) in [("vda.new", 0), ("vda.mirror", seconds)] {
        try TestImage(directory.file(name)).setLastWritten(moment)
      }
      #expect(try places(guest(6, .pending)) == expected)
    }
    // Once merged it is removed.
    try FileManager.default.removeItem(atPath: directory.file("vda.mirror"))
    #expect(try places(guest(6, .pending)) == "vda.new vdb.mirror")
  }

  @Test("the definition that was kept is put on these images, overlays being files whatever the disk was")
  func definition() throws {
    let kept = """
      <domain><devices>\
      <disk type='block'><driver type='raw'/><source dev='/dev/x'/><target dev='vda'/></disk>\
      <disk type='file'><driver type='raw'/><source file='/b'/><target dev='vdb'/></disk>\
      <disk type='file'><driver type='raw'/><source file='/c'/><target dev='vdc'/></disk>\
      </devices></domain>
      """
    let made = try guest(4, nil).definition(from: kept)
    #expect(made.contains("<source file='\(directory.file("vda.mirror"))'/>"), "\(made)")
    #expect(made.contains("<source file='\(directory.file("vdb.overlay"))'/>"))
    #expect(made.contains("<source file='/c'/>"))
    #expect(!made.contains("block"))
  }
}
