import Foundation
import TestSupport
import Testing

/// Guests with UEFI variables, paused, without a definition, shut off, with snapshots, and with memory that libvirt
/// compresses: each archived and restored.
@Suite("An archive of a guest in another state")
struct GuestStateArchiveTests {
  private static let disks = [
    EmbeddedGuest.Disk("vda"), EmbeddedGuest.Disk("vdb", format: "raw"),
  ]

  @Test(
    "UEFI variables, paused, snapshots, compressed saves, no definition: archived, restored, and left as it was"
  )
  func states() throws {
    try EmbeddedGuest.with(disks: Self.disks) { guest in
      let images = guest.root + "/images"
      try FileManager.default.createDirectory(atPath: images, withIntermediateDirectories: true)
      let variables = try defineWithVariables(guest)
      try guest.snapsh("backup", guest.name, "--output", archive("off", guest)).check()
      try guest.startAndWaitForTicks(2)

      try paused(guest)
      try compressed(guest)
      for name in ["s1", "s2"] {
        try guest.snapsh("snapshot-create-as", guest.name, name, "--disk-only").check()
      }
      try guest.waitForTicks(1)
      try guest.snapsh("backup", guest.name, "--output", archive("tree", guest)).check()
      try guest.snapsh("backup", guest.name, "--memory", "--output", archive("tree-memory", guest)).check()
      #expect(try snapshots(of: guest) == ["s1 -", "s2 s1"])
      for name in ["tree", "tree-memory"] {
        let tree = try snapsh(["vma", "config", archive(name, guest), "-c", "snapshots.xml"]).check().stdout
        #expect(tree.contains("<name>s1</name>") && tree.contains("<name>s2</name>"))
      }
      let told = try transient(guest)

      // The source lost no tick in all that, and its variables are the ones it had.
      #expect(guest.ticks == Array(1...told))
      #expect(guest.boots == 1)
      #expect(try FaultBench(guest, command: ["backup"]).leftovers() == [])

      try restored(guest, images, variables, told)
    }
  }

  private func archive(_ name: String, _ guest: EmbeddedGuest) -> String { "\(guest.root)/\(name).vma" }

  /// Gives the guest a flash with firmware, which any firmware may be, and a store for its variables.
  private func defineWithVariables(_ guest: EmbeddedGuest) throws -> Data {
    let store = guest.root + "/disks/variables.fd"
    let variables = Data((0..<131_072).map { UInt8(truncatingIfNeeded: $0 &* 7 >> 3) })
    try variables.write(to: URL(fileURLWithPath: store))
    let firmware = "/usr/share/seabios/bios-256k.bin"
    try #require(FileManager.default.fileExists(atPath: firmware), "install seabios")
    let xml = guest.domainXML.replacingOccurrences(
      of: "<kernel>",
      with: "<loader readonly='yes' type='pflash'>\(firmware)</loader><nvram>\(store)</nvram><kernel>")
    try xml.write(toFile: guest.root + "/domain.xml", atomically: true, encoding: .utf8)
    try guest.snapsh("undefine", guest.name).check()
    try guest.snapsh("define", guest.root + "/domain.xml").check()
    return variables
  }

  private func paused(_ guest: EmbeddedGuest) throws {
    try guest.snapsh("suspend", guest.name).check()
    let last = try #require(guest.ticks.last)
    for (name, command) in [
      ("paused", ["backup"]), ("paused-cold", ["cold-snapshot"]),
    ] {
      let made = try snapsh(
        ["-c", guest.uri, "--json"] + command + [guest.name, "--output", archive(name, guest)],
        environment: ["XDG_STATE_HOME": guest.root + "/state"]
      ).check()
      #expect(made.stdout.contains("\"wasRunning\":false"), "\(name)")
      #expect(try guest.snapsh("domstate", guest.name).check().stdout.contains("paused"), "\(name)")
    }
    // Nothing could be committed back into images that QEMU has let go of.
    for command in [["backup", "--memory"], ["cold-snapshot", "--resume-first"]] {
      let refused = try snapsh(
        ["-c", guest.uri] + command + [guest.name, "--output", archive("refused", guest)],
        environment: ["XDG_STATE_HOME": guest.root + "/state"])
      #expect(refused.status == 1)
      #expect(refused.stderr.contains("is paused"), "\(refused)")
    }
    #expect(guest.ticks.last == last)
    try guest.snapsh("resume", guest.name).check()
    try guest.waitForTicks(1)
  }

  /// Memory that libvirt has compressed is refused by the name of what it was compressed with.
  private func compressed(_ guest: EmbeddedGuest) throws {
    let path = guest.root + "/etc/qemu.conf"
    let plain = try String(contentsOfFile: path, encoding: .utf8)
    let settings = "save_image_format = \"gzip\"\nsnapshot_image_format = \"gzip\"\n"
    try (plain + settings).write(toFile: path, atomically: true, encoding: .utf8)
    for command in [["cold-snapshot"], ["backup", "--memory"]] {
      let refused = try snapsh(
        ["-c", guest.uri] + command + [guest.name, "--output", archive("compressed", guest)],
        environment: ["XDG_STATE_HOME": guest.root + "/state"])
      #expect(refused.status == 1, "\(command)")
      #expect(refused.stderr.contains("compressed with gzip"), "\(refused)")
      #expect(!FileManager.default.fileExists(atPath: archive("compressed", guest)))
      try guest.waitForTicks(1)
    }
    try plain.write(toFile: path, atomically: true, encoding: .utf8)
  }

  /// The guest loses its definition, is archived as it runs, and is gone once it ends.
  private func transient(_ guest: EmbeddedGuest) throws -> Int {
    try guest.snapsh("undefine", guest.name, "--snapshots-metadata", "--keep-nvram").check()
    try guest.snapsh("backup", guest.name, "--output", archive("transient", guest)).check()
    try guest.snapsh(
      "cold-snapshot", guest.name, "--resume-first", "--output", archive("transient-first", guest)
    ).check()
    let refused = try guest.snapsh("cold-snapshot", guest.name, "--output", archive("transient-cold", guest))
    #expect(refused.status == 1)
    #expect(refused.stderr.contains("transient"), "\(refused)")
    try guest.waitForTicks(1)
    try guest.snapsh("backup", guest.name, "--memory", "--output", archive("transient-memory", guest)).check()
    let last = try guest.waitForTicks(1)
    // It may be gone before its own destruction is told to have succeeded.
    _ = try guest.snapsh("destroy", guest.name)
    #expect(try guest.snapsh("list", "--all", "--name").check().stdout.allSatisfy(\.isNewline))
    return max(last, try #require(guest.ticks.last))
  }

  private func restored(_ guest: EmbeddedGuest, _ images: String, _ variables: Data, _ told: Int) throws {
    let state = ["XDG_STATE_HOME": guest.root + "/state"]
    func restore(_ name: String, _ words: String...) throws {
      try snapsh(
        ["-c", guest.uri, "restore", archive(name, guest), "--name", "copy", "--directory", images] + words,
        environment: state
      ).check()
    }
    func forget() throws {
      try guest.snapsh("undefine", "copy", "--nvram").check()
      for name in try FileManager.default.contentsOfDirectory(atPath: images) {
        try FileManager.default.removeItem(atPath: "\(images)/\(name)")
      }
    }
    let extracted = guest.root + "/extracted"
    try snapsh(["vma", "extract", "--domain", archive("tree-memory", guest), extracted]).check()
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: extracted).sorted() == [
        "guest-vda.qcow2", "guest-vdb.qcow2", "guest_VARS.fd", "libvirt-domain.xml",
      ])
    let definition = try String(contentsOfFile: extracted + "/libvirt-domain.xml", encoding: .utf8)
    #expect(definition.contains("file='\(extracted)/guest-vdb.qcow2'"))
    let again = try snapsh(["vma", "extract", "--domain", archive("tree-memory", guest), extracted])
    #expect(again.stderr.contains("unable to create target directory"))

    try restore("off")
    #expect(
      try Data(contentsOf: URL(fileURLWithPath: images + "/copy_VARS.fd")) == variables)
    #expect(try guest.snapsh("dumpxml", "copy").check().stdout.contains("/copy_VARS.fd</nvram>"))
    try forget()

    for name in ["paused", "tree", "transient"] {
      try restore(name)
      let raw = images + "/check.raw"
      for disk in Self.disks {
        // Behind snapshots there are overlays only.
        let format = name == "paused" ? disk.format : "qcow2"
        try run([
          try require(tool: "qemu-img"), "convert", "-f", format, "-O", "raw",
          "\(images)/copy-\(disk.target).\(format)", raw,
        ]).check()
        let records = try TickRecords(rawImage: raw, disk: disk.target)
        #expect(records.missing(upTo: records.latest) == [], "\(name)")
        #expect(records.damaged == [], "\(name)")
      }
      try forget()
    }

    for name in ["paused-cold", "tree-memory", "transient-first", "transient-memory"] {
      let count = guest.ticks.count
      try restore(name, "--paused")
      #expect(try guest.snapsh("domstate", "copy").check().stdout.contains("paused"), "\(name)")
      #expect(guest.ticks.count == count, "\(name)")
      try guest.snapsh("resume", "copy").check()
      try guest.waitForTicks(max(1, count + 2 - guest.ticks.count))
      let first = guest.ticks[count]
      #expect(first <= told + 1, "\(name)")
      #expect(guest.ticks[count...].elementsEqual(first..<first + guest.ticks.count - count), "\(name)")
      #expect(guest.boots == 1, "\(name)")
      try guest.snapsh("destroy", "copy").check()
      try forget()
    }
    let count = guest.ticks.count
    try restore("paused-cold", "--resume")
    try guest.waitForTicks(max(1, count + 1 - guest.ticks.count))
    try guest.snapsh("destroy", "copy").check()
  }
}
