import Foundation
import TestSupport
import Testing

@Suite("What a real guest's libvirt refuses")
struct RefusalTests {
  @Test("refusals of the QEMU driver read as virsh prints them, with the same exit status and no log lines")
  func sameAsVirsh() throws {
    let disks = [EmbeddedGuest.Disk("vda"), EmbeddedGuest.Disk("vdb", format: "raw")]
    try EmbeddedGuest.with(disks: disks) { guest in
      let broken = guest.root + "/broken.xml"
      try "<domain type='qemu'><name>x</domain>".write(toFile: broken, atomically: true, encoding: .utf8)
      for line in [
        ["destroy", guest.name], ["define", broken],
        ["define", guest.root + "/missing.xml"], ["snapshot-current", guest.name],
        ["snapshot-create-as", guest.name, "off", "--memspec", "file=/tmp/m"],
        ["snapshot-create-as", guest.name, "off"], ["start", "nosuch"], ["domblklist", "nosuch"],
      ] { try compare(line, on: guest) }
      // Not compared: virsh hangs now and then when a managed save fails at once.
      let unsaved = try guest.snapsh("managedsave", guest.name)
      #expect(unsaved.status == 1)
      #expect(
        unsaved.stderr == """
          error: Failed to save domain 'guest' state
          error: Requested operation is not valid: domain is not running

          """)

      try guest.startAndWaitForTicks(1)
      try compare(["snapshot-create-as", guest.name, "inside"], on: guest)
      try guest.snapsh("snapshot-create-as", guest.name, "outside", "--disk-only").check()
      let taken = guest.imagePath(disks[0])
      for line in [
        ["start", guest.name], ["start", guest.name, "--force-boot"],
        ["snapshot-create-as", guest.name, "inside", "--disk-only", "--diskspec", "vda,snapshot=internal"],
        ["snapshot-create-as", guest.name, "quiet", "--disk-only", "--quiesce"],
        ["snapshot-create-as", guest.name, "taken", "--disk-only", "--diskspec", "vda,file=\(taken)"],
        ["snapshot-create-as", guest.name, "outside", "--disk-only"],
        ["snapshot-create-as", guest.name, "lost", "--disk-only", "--diskspec", "vdz,snapshot=external"],
        ["snapshot-create-as", guest.name, "lost", "--disk-only", "--reuse-external"],
        ["snapshot-revert", guest.name, "nosuch"],
        ["snapshot-delete", guest.name, "nosuch"],
        ["snapshot-dumpxml", guest.name, "nosuch"], ["snapshot-info", guest.name, "nosuch"],
        ["snapshot-parent", guest.name, "outside"],
      ] { try compare(line, on: guest) }
      let left = try guest.snapsh("-q", "snapshot-list", guest.name, "--name").check().stdout
      #expect(left == "outside\n\n" || left == "outside\n")
      try guest.waitForTicks(1)
    }
  }

  @Test("a disk that is gone is told by its path when the guest starts")
  func missingDisk() throws {
    try EmbeddedGuest.with(disks: [.init("vda")]) { guest in
      let image = guest.imagePath(guest.disks[0])
      try FileManager.default.removeItem(atPath: image)
      let result = try guest.snapsh("start", guest.name)
      #expect(result.status == 1)
      #expect(result.stderr.hasPrefix("error: Failed to start domain 'guest'\nerror: "))
      #expect(result.stderr.contains("\(image)"))
      #expect(result.stderr.contains("No such file or directory"))
      let json = try guest.snapsh("--json", "start", guest.name)
      let object = try #require(
        try JSONSerialization.jsonObject(with: Data(json.stderrBytes)) as? [String: [String: Any]])
      #expect(object["error"]?["kind"] as? String == "libvirt")
      #expect(object["error"]?["code"] as? Int == 38)
      #expect(guest.qemuProcess == nil)
    }
  }

  /// Runs a command line with virsh and with snapsh and expects the same of both, virsh's log lines left out.
  private func compare(_ line: [String], on guest: EmbeddedGuest) throws {
    let theirs = try guest.virsh(line)
    let ours = try snapsh(["-q", "-c", guest.uri] + line)
    #expect(ours.status == theirs.status, "\(line)")
    #expect(ours.status == 1, "\(line)")
    #expect(ours.stdout == theirs.stdout, "\(line)")
    #expect(ours.stderr == theirs.stderrWithoutLibvirtLog, "\(line)")
  }
}
