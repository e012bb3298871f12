import Foundation
import TestSupport
import Testing

/// Each thing that the doctor finds, made for real, mended, and where it can be, taken back.
@Suite("The doctor")
struct DoctorTests {
  private func findings(_ guest: EmbeddedGuest) throws -> [(kind: String, isMendable: Bool)] {
    let result = try snapsh(guest, "--json", "doctor", guest.name)
    let object = try #require(
      try JSONSerialization.jsonObject(with: Data(result.stdoutBytes)) as? [String: Any], "\(result)")
    let found = try #require(object["findings"] as? [[String: Any]])
    #expect(result.status == (found.isEmpty ? 0 : 2))
    return found.map { ($0["kind"] as? String ?? "", $0["fix"] != nil) }
  }

  /// Expects one finding, lets it be mended and taken back, and mends it for good.
  private func expectMended(
    _ guest: EmbeddedGuest, _ kind: String, undoing: Bool = true, _ check: () throws -> Bool
  ) throws {
    #expect(try findings(guest).map(\.kind).contains(kind), "\(kind)")
    #expect(try !check(), "\(kind)")
    #expect(try snapsh(guest, "doctor", guest.name, "--fix", "--dry-run").stdout.contains("--fix would: "))
    let mended = try snapsh(guest, "doctor", guest.name, "--fix")
    #expect(mended.status == 0, "\(kind): \(mended)")
    #expect(try check(), "\(kind)")
    guard undoing else { return }
    try snapsh(guest, "doctor", guest.name, "--undo").check()
    #expect(try !check(), "\(kind)")
    #expect(try findings(guest).map(\.kind).contains(kind), "\(kind)")
    try snapsh(guest, "doctor", guest.name, "--fix").check()
    #expect(try check(), "\(kind)")
  }

  @Test("of a guest that is off: overlays, files and documents that do not fit together")
  func off() throws {
    try EmbeddedGuest.with(disks: [.init("vda")]) { guest in
      let files = FileManager.default
      let image = guest.imagePath(guest.disks[0])
      try snapsh(guest, "doctor", guest.name).check()
      for name in ["s1", "s2", "s3"] {
        try guest.snapsh("snapshot-create-as", guest.name, name, "--disk-only").check()
      }
      #expect(try findings(guest).isEmpty)

      let stray = guest.root + "/disks/stray.qcow2"
      try run([
        try require(tool: "qemu-img"), "create", "-q", "-f", "qcow2", "-b", image, "-F", "qcow2", stray,
      ])
      .check()
      try expectMended(guest, "unknown-overlay") { !files.fileExists(atPath: stray) }
      try run([
        try require(tool: "qemu-img"), "create", "-q", "-f", "qcow2", "-b", image, "-F", "qcow2", stray,
      ])
      .check()
      try run([try require(tool: "qemu-io"), "-c", "write -q 0 64k", stray]).check()
      let kept = try snapsh(guest, "doctor", guest.name, "--fix")
      #expect(kept.status == 2)
      #expect(kept.stdout.contains("it holds data"))
      #expect(files.fileExists(atPath: stray))
      try files.removeItem(atPath: stray)

      try guest.virsh("snapshot-current", guest.name, "s1").check()
      try expectMended(guest, "current-snapshot") { try current(of: guest) == "s3" }

      // libvirt 9.0 takes the forgetting of s2 for a merge, and moves what s3 froze; newer ones do not.
      func frozen(_ name: String) throws -> String {
        try guest.virsh("snapshot-dumpxml", guest.name, name, "--xpath", "/*/domain//disk/source").check()
          .stdout
      }
      try guest.virsh("snapshot-delete", guest.name, "s2", "--metadata").check()
      if try frozen("s3").contains("vda.s2") {
        #expect(try findings(guest).isEmpty)
      } else {
        try expectMended(guest, "overlay") { try frozen("s3").contains("vda.s2") }
      }

      // A document that names an overlay which is not there.
      let xml = guest.root + "/s3.xml"
      try guest.virsh("snapshot-dumpxml", guest.name, "s3").check().stdout
        .replacingOccurrences(of: "/vda.s3'", with: "/vda.gone'")
        .write(toFile: xml, atomically: true, encoding: .utf8)
      try guest.virsh("snapshot-create", guest.name, xml, "--redefine").check()
      func named() throws -> Bool {
        try guest.virsh("snapshot-dumpxml", guest.name, "s3").stdout.contains("vda.s3'")
      }
      try expectMended(guest, "overlay", named)

      // A snapshot on a branch that was left loses its image.
      try snapsh(guest, "snapshot-revert", guest.name, "s1", "--keep-as", "left").check()
      let lost = guest.root + "/disks/vda.s3"
      try files.moveItem(atPath: lost, toPath: guest.root + "/away")
      try expectMended(guest, "missing-file") { try !snapshots(of: guest).joined().contains("left") }

      // Somebody puts the guest back on what a snapshot froze.
      try defineOnFirstImages(guest)
      try expectMended(guest, "overwritten-snapshot") { try !snapshots(of: guest).joined().contains("s1 -") }
    }
  }

  @Test("of a guest that runs: definitions, jobs, and a managed save on the wrong disks")
  func running() throws {
    try EmbeddedGuest.with(disks: [.init("vda")]) { guest in
      try guest.startAndWaitForTicks(1)
      try guest.snapsh("snapshot-create-as", guest.name, "s1", "--disk-only").check()
      let overlay = try #require(try sources(of: guest)["vda"])
      try defineOnFirstImages(guest)
      try expectMended(guest, "definition") { try sources(of: guest, "--inactive")["vda"] == overlay }

      let copy = guest.root + "/disks/copy.qcow2"
      try guest.virsh([
        "blockcopy", guest.name, "vda", copy, "--transient-job", "--wait", "--verbose",
      ]).check()
      try expectMended(guest, "job", undoing: false) {
        try !guest.virsh("dumpxml", guest.name).check().stdout.contains("<mirror")
      }

      try backups(guest)
      try mirrors(guest)

      try guest.waitForTicks(1)
      try guest.snapsh("managedsave", guest.name).check()
      let last = try #require(guest.ticks.last)
      try guest.virsh("snapshot-create-as", guest.name, "s2", "--disk-only").check()
      func saved() throws -> Bool {
        try guest.virsh("managedsave-dumpxml", guest.name, "--xpath", "//disk/source").check().stdout
          .contains("mirror.s2")
      }
      try expectMended(guest, "managed-save", saved)
      let count = guest.ticks.count
      try guest.startAndWaitForTicks(1)
      #expect(guest.ticks[count] == last + 1)
      #expect(guest.boots == 1)
      #expect(try findings(guest).isEmpty)
    }
  }

  /// Backup jobs that were left behind: of snapsh, its journal lost too, and of somebody else.
  private func backups(_ guest: EmbeddedGuest) throws {
    let scratch = guest.root + "/scratch"
    let files = FileManager.default
    try files.createDirectory(atPath: scratch, withIntermediateDirectories: true)
    let killed = try snapsh(
      guest, "backup", guest.name, "--output", guest.root + "/a.vma", "--scratch", scratch,
      environment: ["SNAPSH_FAULT": "after:0:kill"])
    #expect(killed.signal == SIGKILL)
    for name in try journals(of: guest) {
      try files.removeItem(atPath: guest.root + "/state/snapsh/journals/" + name)
    }
    #expect(try snapsh(guest, "doctor", guest.name).stdout.contains("not to be undone: a backup can be made"))
    try expectMended(guest, "backup", undoing: false) {
      try files.contentsOfDirectory(atPath: scratch).isEmpty
        && snapsh(guest, "domjobinfo", guest.name).check().stdout.contains("None")
    }

    let request = guest.root + "/backup.xml"
    try """
    <domainbackup mode='pull'><server transport='unix' socket='\(scratch)/their.sock'/>
    <disks><disk name='vda' backup='yes' type='file'><scratch file='\(scratch)/their.scratch'/></disk></disks>
    </domainbackup>
    """.write(toFile: request, atomically: true, encoding: .utf8)
    try guest.virsh("backup-begin", guest.name, request).check()
    let found = try findings(guest)
    #expect(found.map(\.kind) == ["backup"])
    #expect(found.first?.isMendable == false)
    let told = try snapsh(guest, "doctor", guest.name)
    #expect(told.stdout.contains("a pull backup runs that no operation of snapsh began"), "\(told)")
    #expect(told.stdout.contains("'domjobabort guest' does"))
    // The driver inside virsh learns of the job's end only while that runs.
    _ = try guest.virsh("domjobabort \(guest.name); event \(guest.name) lifecycle --timeout 3")
    // virsh returns when QEMU has been asked; the job ends a moment later, and QEMU lets go of the scratch file after that.
    func isEnding() throws -> Bool {
      let nodes = #"{"execute":"query-named-block-nodes"}"#
      return try !snapsh(guest, "domjobinfo", guest.name).check().stdout.contains("None")
        || guest.virsh("qemu-monitor-command", guest.name, nodes).check().stdout.contains("their.scratch")
    }
    for _ in 0..<50 where try isEnding() { usleep(100_000) }
    #expect(try findings(guest).isEmpty)
  }

  /// A mirrored snapshot whose deletion was killed before the last of its steps.
  private func mirrors(_ guest: EmbeddedGuest) throws {
    try snapsh(
      guest, "snapshot-create-as", guest.name, "moving", "--diskspec", "vda,mirror=\(guest.root)/mirror"
    ).check()
    #expect(try findings(guest).isEmpty)
    for step in [2, 3] {
      let killed = try snapsh(
        guest, "snapshot-delete", guest.name, "moving",
        environment: ["SNAPSH_FAULT": "before:\(step):kill"])
      #expect(killed.signal == SIGKILL)
      let found = try findings(guest)
      #expect(found.map(\.kind) == ["mirror"], "\(step)")
      #expect(found.first?.isMendable == (step == 3))
    }
    // The killed process would have told of the file that is left behind.
    try FileManager.default.removeItem(atPath: guest.root + "/disks/vda.moving")
    try expectMended(guest, "mirror") {
      try !guest.virsh("dumpxml", guest.name).check().stdout.contains("mirrored-snapshots")
    }
  }
}
