import Foundation
import TestSupport
import Testing

@Suite("docs/examples/cold-snapshot.sh, run as it is written")
struct ColdSnapshotScriptTests {
  private static let script = packageDirectory + "/docs/examples/cold-snapshot.sh"

  private func runScript(_ guest: EmbeddedGuest, _ arguments: String...) throws -> ProcessResult {
    _ = try require(tool: "jq")
    return try run(
      [Self.script, guest.uri, guest.name] + arguments,
      environment: [
        "SNAPSH": snapshBinary, "DEVICES": "/domain/devices/rng", "LIBVIRT_LOG_OUTPUTS": "4:file:/dev/null",
      ])
  }

  @Test("the guest loses no tick and gets its device back, and archive and snapshot are of one instant")
  func everyStep() throws {
    try EmbeddedGuest.with(disks: [.init("vda")]) { guest in
      try guest.startAndWaitForTicks(3)
      let device = guest.root + "/rng.xml"
      try "<rng model='virtio'><backend model='random'>/dev/urandom</backend></rng>\n"
        .write(toFile: device, atomically: true, encoding: .utf8)
      try guest.snapsh("attach-device", guest.name, device, "--live").check()
      let before = guest.ticks.count
      let archive = guest.root + "/cold.vma"
      let result = try runScript(guest, archive, "same-instant").check()
      #expect(result.stdout.contains(#""name":"drive-vda""#))

      try guest.waitForTicks(1)
      #expect(guest.boots == 1)
      #expect(guest.ticks.count > before)
      let ticks = guest.ticks
      let expected = Array(try #require(ticks.first)...(try #require(ticks.last)))
      #expect(ticks == expected)
      #expect(try guest.snapsh("dumpxml", guest.name, "--xpath", "/domain/devices/rng").succeeded)
      #expect(
        try guest.snapsh("-q", "snapshot-list", guest.name, "--name").check().stdout == "same-instant\n")

      // What the snapshot froze is what the archive holds.
      let extracted = guest.root + "/extracted"
      try snapsh(["vma", "extract", archive, extracted]).check()
      let frozen = guest.root + "/frozen.raw"
      try run(["qemu-img", "convert", "-U", "-O", "raw", guest.imagePath(guest.disks[0]), frozen]).check()
      try run(["cmp", extracted + "/disk-drive-vda.raw", frozen]).check()
    }
  }

  @Test("a guest that is shut off is refused with status 3, and nothing is left behind")
  func shutOff() throws {
    try EmbeddedGuest.with(disks: [.init("vda")]) { guest in
      let archive = guest.root + "/cold.vma"
      let result = try runScript(guest, archive)
      #expect(result.status == 3)
      #expect(result.stderr.contains("is shutoff, not running"))
      #expect(!FileManager.default.fileExists(atPath: archive))
    }
  }

  @Test("where the archive cannot be made, the guest goes on with its device, and the status is 1")
  func failure() throws {
    try EmbeddedGuest.with(disks: [.init("vda")]) { guest in
      try guest.startAndWaitForTicks(1)
      let result = try runScript(guest, guest.root + "/no/such/directory/cold.vma")
      #expect(result.status == 1)
      let before = guest.ticks.count
      try guest.waitForTicks(1)
      #expect(guest.ticks.count > before)
      #expect(guest.boots == 1)
    }
  }
}
