import Foundation
import TestSupport
import Testing

/// The entries of docs/virsh-differences.md that only a real guest shows.
@Suite("Where snapsh differs from virsh on purpose, on a real guest")
struct GuestDifferenceTests {
  private func diskSource(_ guest: EmbeddedGuest, of command: String...) throws -> String {
    let words =
      [command[0], guest.name] + command.dropFirst() + ["--xpath", "//disk[target/@dev='vda']/source"]
    return try guest.virsh(words).check().stdout
  }

  @Test(
    "a snapshot under a managed save is refused until something is said of the save; virsh lets the data be lost"
  )
  func managedSaveTrap() throws {
    try EmbeddedGuest.with(disks: [.init("vda")]) { guest in
      try guest.startAndWaitForTicks(2)
      try guest.snapsh("managedsave", guest.name).check()
      let before = try #require(guest.ticks.last)
      let refused = try guest.snapsh("snapshot-create-as", guest.name, "s1", "--disk-only")
      #expect(refused.status == 1)
      #expect(refused.stderr.contains("--rewrite-managed-save"))
      #expect(refused.stderr.contains("--drop-managed-save"))
      #expect(try guest.virsh("snapshot-list", guest.name, "--name").stdout.isEmpty)

      try guest.virsh("snapshot-create-as", guest.name, "s1", "--disk-only").check()
      // The trap: the save goes on with the image below the overlay.
      #expect(try diskSource(guest, of: "managedsave-dumpxml").contains("vda.qcow2"))
      #expect(try diskSource(guest, of: "dumpxml", "--inactive").contains("vda.s1"))

      try guest.snapsh(
        "snapshot-create-as", guest.name, "s2", "--disk-only", "--rewrite-managed-save"
      ).check()
      #expect(try diskSource(guest, of: "managedsave-dumpxml").contains("vda.s2"))
      let count = guest.ticks.count
      try guest.virsh("start", guest.name).check()
      if guest.ticks.count == count { try guest.waitForTicks(1) }
      // It has gone on, not booted, and on the new overlay.
      #expect(guest.ticks[count] == before + 1)
      #expect(guest.boots == 1)
      #expect(try diskSource(guest, of: "dumpxml").contains("vda.s2"))
    }
  }

  @Test(
    "a revert under a managed save is refused, or throws the save away; virsh keeps one that no longer fits")
  func managedSaveAndRevert() throws {
    try EmbeddedGuest.with(disks: [.init("vda")]) { guest in
      try guest.snapsh("snapshot-create-as", guest.name, "off").check()
      try guest.startAndWaitForTicks(1)
      try guest.snapsh("managedsave", guest.name).check()
      let refused = try guest.snapsh("snapshot-revert", guest.name, "off", "--force")
      #expect(refused.status == 1)
      #expect(refused.stderr.contains("--drop-managed-save"))
      try guest.virsh("snapshot-revert", guest.name, "off", "--force").check()
      #expect(try guest.virsh("dominfo", guest.name).stdout.contains("Managed save:   yes"))
      try guest.snapsh("snapshot-revert", guest.name, "off", "--drop-managed-save").check()
      #expect(try guest.virsh("dominfo", guest.name).stdout.contains("Managed save:   no"))
    }
  }

  @Test(
    "an external snapshot can be gone back to, also by a libvirt that refuses it; virsh prints the refusal")
  func externalRevert() throws {
    try EmbeddedGuest.with(disks: [.init("vda")]) { guest in
      try guest.snapsh("snapshot-create-as", guest.name, "s1", "--disk-only").check()
      let theirs = try guest.virsh("snapshot-revert", guest.name, "s1")
      #expect(theirs.status == 1)
      #expect(
        theirs.stderr.contains("unsupported configuration: revert to external snapshot not supported yet"))
      let ours = try guest.snapsh("snapshot-revert", guest.name, "s1").check()
      #expect(ours.stdout == "Domain snapshot s1 reverted\nwhat the guest was is snapshot before-s1\n\n")
      #expect(try guest.virsh("snapshot-list", guest.name, "--name").stdout.contains("before-s1"))
    }
  }

  @Test(
    "an internal snapshot below an overlay is not gone back to; virsh rewrites the image below the overlay")
  func internalRevertBelowOverlay() throws {
    try EmbeddedGuest.with(disks: [.init("vda")]) { guest in
      let image = TestImage(guest.imagePath(guest.disks[0]))
      try guest.snapsh("snapshot-create-as", guest.name, "inside").check()
      try image.write(7)
      try guest.snapsh("snapshot-create-as", guest.name, "s1", "--disk-only").check()
      let ours = try guest.snapsh("snapshot-revert", guest.name, "inside")
      #expect(ours.status == 1)
      #expect(ours.stderr.contains("going back would rewrite the image below"))
      #expect(try image.holds(7))
      try guest.virsh("snapshot-revert", guest.name, "inside").check()
      #expect(try !image.holds(7))
    }
  }

  @Test(
    "a domain that a job holds is refused at once, with the job's name; virsh waits half a minute and names a function"
  )
  func busyDomain() throws {
    try EmbeddedGuest.with(disks: [.init("vda")]) { guest in
      try guest.startAndWaitForTicks(1)
      let request = guest.root + "/backup.xml"
      try """
      <domainbackup mode='pull'>
        <server transport='unix' socket='\(guest.root)/nbd.sock'/>
        <disks><disk name='vda' type='file'><scratch file='\(guest.root)/scratch.qcow2'/></disk></disks>
      </domainbackup>
      """.write(toFile: request, atomically: true, encoding: .utf8)
      try guest.virsh("backup-begin", guest.name, request).check()
      let theirs = try guest.virsh("snapshot-create-as", guest.name, "s1", "--disk-only")
      #expect(theirs.stderr.contains("cannot acquire state change lock"))
      for command in [
        ["snapshot-create-as", guest.name, "s1", "--disk-only"], ["managedsave", guest.name],
        ["backup-begin", guest.name, request],
      ] {
        let ours = try TestSupport.snapsh(["-c", guest.uri] + command)
        #expect(ours.status == 1)
        #expect(ours.stderr.contains("domain '\(guest.name)' is held by a job: backup"))
        #expect(ours.stderr.contains("--wait-for-job"))
      }
      let json = try guest.snapsh("--json", "managedsave", guest.name)
      #expect(json.stderr.hasPrefix(#"{"error":{"kind":"busy","#))
    }
  }

  @Test("on a terminal a job that is waited for shows how far it is without being asked; virsh is silent")
  func jobProgress() throws {
    func shown(_ program: RealGuest.Program) throws -> String {
      try RealGuest.with { guest in
        let terminal = try guest.terminal(
          program,
          [
            "blockcopy", "bare", "vda", "--transient-job", "--dest", guest.path("copy"), "--wait",
            "--bandwidth", "4000000", "--bytes", "--timeout", "2",
          ])
        try terminal.wait(for: "Copy aborted")
        return terminal.transcript
      }
    }
    #expect(try !shown(.virsh).contains("%"))
    #expect(try shown(.snapsh).contains(/Block Copy: \d+ %, .* MiB of 64\.0 MiB, .* MiB\/s, \d+ s left/))
  }

  @Test("Ctrl-C during a save leaves the guest running on both sides; the status tells of it on one")
  func interruptedSave() throws {
    func interrupt(_ program: RealGuest.Program) throws -> (status: Int32?, text: String, state: String) {
      try RealGuest.with([.slowSaves]) { guest in
        let terminal = try guest.terminal(
          program, ["managedsave", "bare", "--verbose"], environment: ["PATH": guest.slowPath])
        try terminal.wait(for: "%")
        terminal.type("\u{3}")
        let status = try terminal.waitForEnd()
        return (
          status, terminal.transcript,
          try guest.run(.virsh, ["domstate bare", "list --with-managed-save --name"]).output
        )
      }
    }
    let theirs = try interrupt(.virsh)
    #expect(theirs.status == 1)
    #expect(theirs.text.contains("error: Failed to save domain 'bare' state"))
    let ours = try interrupt(.snapsh)
    #expect(ours.status == 130)
    // The percentage's line ends before the error begins.
    #expect(ours.text.contains("\r\nerror: interrupted; everything this command had begun has been undone"))
    #expect(ours.state == theirs.state)
    #expect(ours.state.hasPrefix("running\n"))
  }

  @Test("a checkpoint edited to another name is refused by both; the edited text is kept by one")
  func renamedCheckpoint() throws {
    let lines = [
      "checkpoint-create-as bare c1 --diskspec vda,checkpoint=bitmap --diskspec vdb,checkpoint=no",
      "checkpoint-edit bare c1", "checkpoint-list bare",
    ]
    func transcript(_ program: RealGuest.Program) throws -> RealGuest.Transcript {
      try RealGuest.with { try $0.run(program, lines, editor: "sed -i 's/<name>c1</<name>c2</'") }
    }
    let theirs = try transcript(.virsh)
    let ours = try transcript(.snapsh)
    #expect(theirs.error == "error: Cannot rename checkpoint c1 to c2\nerror: Failed to update c1\n")
    #expect(ours.error.hasPrefix(theirs.error + "error: the edited text is kept in '"))
    #expect(ours.output == theirs.output)
  }
}
