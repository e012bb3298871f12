import Foundation
import TestSupport
import Testing

@Suite("Backing chains of a real guest, and what its snapshots take")
struct GuestChainTests {
  /// What `--json chain` says, as far as the tests need it.
  private struct Chains: Decodable {
    struct Layer: Decodable {
      let source: String
      let format: String?
      let index: Int?
      let virtualBytes: UInt64?
      let allocatedBytes: UInt64?
      let overlayOf: [String]
      let stateOf: [String]
      let mirrorOf: [String]
      let problem: String?
    }
    struct Copy: Decodable {
      let job: String
      let readiness: String
      let layers: [Layer]
    }
    struct Disk: Decodable {
      let target: String
      let isInUse: Bool
      let isWhole: Bool
      let layers: [Layer]
      let copy: Copy?
    }
    let disks: [Disk]
  }

  /// What `qemu-img info --backing-chain` says of one image.
  private struct Image: Decodable {
    let filename: String
    let virtualSize: UInt64
    let actualSize: UInt64
    let format: String

    private enum CodingKeys: String, CodingKey {
      case filename
      case format
      case virtualSize = "virtual-size"
      case actualSize = "actual-size"
    }
  }

  private func chains(_ guest: EmbeddedGuest, _ words: String..., status: Int32 = 0) throws -> Chains {
    let result = try snapsh(["-c", guest.uri, "--json", "chain", guest.name] + words)
    #expect(result.status == status, "\(result)")
    return try JSONDecoder().decode(Chains.self, from: Data(result.stdoutBytes))
  }

  private func images(below top: String) throws -> [Image] {
    let words = [
      try require(tool: "qemu-img"), "info", "-U", "--backing-chain", "--output=json", "-f", "qcow2", top,
    ]
    return try JSONDecoder().decode([Image].self, from: Data(try run(words).check().stdoutBytes))
  }

  private func take(_ name: String, of guest: EmbeddedGuest) throws {
    try guest.snapsh(
      "snapshot-create-as", guest.name, name, "--disk-only", "--diskspec", "vdb,snapshot=no"
    ).check()
  }

  @Test(
    "three images of a guest that is shut off and that runs, one of them lost: drawn, told to programs, exit status"
  )
  func threeLayers() throws {
    try EmbeddedGuest.with { guest in
      let disks = "\(guest.root)/disks"
      let paths = ["\(disks)/vda.s2", "\(disks)/vda.s1", "\(disks)/vda.qcow2"]
      try take("s1", of: guest)
      try guest.startAndWaitForTicks(1)
      try take("s2", of: guest)
      try guest.waitForTicks(1)

      let running = try chains(guest)
      #expect(running.disks.map(\.target) == ["vda", "vdb"])
      let live = try #require(running.disks.first)
      #expect(live.isInUse && live.isWhole && live.copy == nil)
      #expect(live.layers.map(\.source) == paths)
      #expect(live.layers.map(\.overlayOf) == [["s2"], ["s1"], []])
      #expect(live.layers.map(\.stateOf) == [[], ["s2"], ["s1"]])
      #expect(live.layers.allSatisfy { $0.index != nil && $0.format == "qcow2" })
      #expect(live.layers.map(\.virtualBytes) == [64 << 20, 64 << 20, 64 << 20])

      // The hypervisor knows its images' sizes by itself, once the driver has met it again.
      let words = "domstate \(guest.name); event \(guest.name) lifecycle --timeout 3; chain \(guest.name) vda"
      let told = try snapsh(
        ["-q", "--keep-going", "-c", guest.uri, words], environment: ["PATH": "/nonexistent"])
      #expect(told.stdout.split(separator: "\n").count { $0.contains("64.000 MiB") } == 3, "\(told)")

      try guest.snapsh("destroy", guest.name).check()
      let off = try #require(try chains(guest, "vda").disks.first)
      #expect(!off.isInUse)
      let expected = try images(below: paths[0])
      #expect(off.layers.map(\.source) == expected.map(\.filename))
      #expect(off.layers.map(\.virtualBytes) == expected.map(\.virtualSize))
      #expect(off.layers.map(\.allocatedBytes) == expected.map(\.actualSize))
      #expect(off.layers.map(\.stateOf) == live.layers.map(\.stateOf))

      try columns(of: guest, overlays: Array(expected.map(\.actualSize).prefix(2)))
      try lose(paths[1], of: guest)
    }
  }

  private func columns(of guest: EmbeddedGuest, overlays: [UInt64]) throws {
    struct List: Decodable {
      struct Snapshot: Decodable {
        let name: String
        let overlayBytes: UInt64?
        let chainDepth: Int?
        let isCurrent: Bool
        let ageSeconds: Int
      }
      let snapshots: [Snapshot]
    }
    let words = ["snapshot-list", guest.name, "--columns", "size,depth,age"]
    let json = try snapsh(["-c", guest.uri, "--json"] + words).check()
    let list = try JSONDecoder().decode(List.self, from: Data(json.stdoutBytes)).snapshots
    #expect(list.map(\.name) == ["s1", "s2"])
    #expect(list.map(\.overlayBytes) == overlays.reversed())
    #expect(list.map(\.chainDepth) == [1, 2])
    #expect(list.map(\.isCurrent) == [false, true])
    #expect(list.allSatisfy { $0.ageSeconds >= 0 })
    let tree = try guest.snapsh("-q", "snapshot-list", guest.name, "--tree", "--columns", "depth").check()
    #expect(tree.stdout == " s1                 1\n  +- s2 (current)   2\n")
  }

  private func lose(_ path: String, of guest: EmbeddedGuest) throws {
    try FileManager.default.moveItem(atPath: path, toPath: path + ".lost")
    let broken = try #require(try chains(guest, "vda", status: 2).disks.first)
    #expect(!broken.isWhole)
    #expect(broken.layers.map(\.problem) == [nil, "missing"])
    let drawn = try guest.snapsh("-q", "chain", guest.name)
    #expect(drawn.status == 2)
    #expect(
      drawn.stdout.contains(
        "\(path)   qcow2   -            -             missing, overlay of s1, state of s2\n"))
    let list = try guest.snapsh("-q", "snapshot-list", guest.name, "--columns", "name,size,depth,missing")
      .check()
    let rows = list.stdout.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
    #expect(rows.first == ["s1", "missing", "1", path])
    #expect(rows.last?.suffix(2) == ["-", "-"])
    try FileManager.default.moveItem(atPath: path + ".lost", toPath: path)

    // A running guest goes on with a file that has lost its name; that it could not start again is told all the same.
    try guest.startAndWaitForTicks(1)
    try FileManager.default.moveItem(atPath: path, toPath: path + ".lost")
    let running = try #require(try chains(guest, "vda", status: 2).disks.first)
    #expect(running.layers.map(\.problem) == [nil, "missing", nil])
  }

  @Test("a mirror is drawn beside the disk's own images, and listed with the snapshot it belongs to")
  func mirror() throws {
    try EmbeddedGuest.with { guest in
      let overlay = "\(guest.root)/disks/vda.s1"
      let base = "\(guest.root)/disks/vda.qcow2"
      let second = "\(guest.root)/second.qcow2"
      try guest.startAndWaitForTicks(1)
      try take("s1", of: guest)
      try run([
        try require(tool: "qemu-img"), "create", "-q", "-f", "qcow2", "-b", base, "-F", "qcow2", second,
      ]).check()
      // What taking a mirrored snapshot leaves behind: a copy job, and a note in the domain's metadata.
      try guest.snapsh(
        "blockcopy", guest.name, "vda", "--dest", second, "--format", "qcow2", "--shallow",
        "--reuse-external", "--transient-job", "--wait"
      ).check()
      let note = """
        <mirrored><snapshot name='s1'><disk name='vda' base='\(base)' baseFormat='qcow2' \
        overlay='\(overlay)' mirror='\(second)' format='qcow2'/></snapshot></mirrored>
        """
      try guest.virsh(
        "metadata", guest.name, "urn:snapsh:mirrored-snapshots:1", "--key", "snapsh", "--set", note,
        "--live", "--config"
      ).check()

      let disk = try #require(try chains(guest, "vda").disks.first)
      #expect(disk.layers.map(\.source) == [overlay, base])
      let copy = try #require(disk.copy)
      #expect(copy.job == "copy")
      #expect(copy.readiness == "ready")
      #expect(copy.layers.map(\.source) == [second])
      #expect(copy.layers.first?.mirrorOf == ["s1"])
      let drawn = try guest.snapsh("-q", "chain", guest.name, "vda").check().stdout
      #expect(drawn.contains("  |  +- \(base) "))
      #expect(drawn.contains("copy, ready, mirror of s1\n"))

      func cells() throws -> String {
        try guest.snapsh("-q", "snapshot-list", guest.name, "--tree", "--columns", "mirror").check().stdout
      }
      #expect(try cells() == " s1 (current, mirrored)   vda: ready\n")
      try guest.snapsh("destroy", guest.name).check()
      #expect(try cells() == " s1 (current, mirror stopped)   vda: stopped\n")
    }
  }
}
