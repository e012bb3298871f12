import Foundation
import TestSupport
import Testing

/// All the ways to ask a running guest for a mirrored snapshot, one boot for each kind of answer.
@Suite("Mirrored snapshots, however they are asked for")
struct MirroredCreationTests {
  @Test("qed, memory, no waiting and a limit work, and each ends as if it had never been")
  func ways() throws {
    try EmbeddedGuest.with(disks: [.init("vda", mebibytes: 16), .init("vdb", mebibytes: 16)]) { guest in
      let mirrored = try MirroredGuest(guest)
      try guest.startAndWaitForTicks(1)
      let memory = mirrored.second + "/memory"
      for (name, options) in [
        ("qed", ["--atomic", "--no-wait", "--bandwidth", "64M", "--diskspec", "vdb,driver=qed"]),
        ("memory", ["--live", "--wait", "--timeout", "120", "--memspec", "file=\(memory)"]),
      ] {
        let format = name == "qed" ? "qed" : "qcow2"
        let mirror = mirrored.mirror("vda", name)
        let created = try mirrored.run(
          ["snapshot-create-as", guest.name, name, "--diskspec", "vda,driver=\(format),mirror=\(mirror)"]
            + options)
        #expect(created.succeeded, "\(created)")
        let said = name == "qed" ? "catching up vda to " : "mirroring vda to "
        #expect(created.stdout.hasPrefix("Domain snapshot \(name) created, \(said)"))
        try guest.waitForTicks(1)
        if format == "qcow2" { try mirrored.expectSidesEqual(of: name, ["vda"]) }
        let info = try mirrored.run("snapshot-info", guest.name, name).check().stdout
        #expect(info.contains("\(mirror) (ready)"), "\(info)")
        #expect(FileManager.default.fileExists(atPath: memory) == (name == "memory"))
        let ended = try mirrored.run(
          "snapshot-delete", guest.name, name, "--abort-mirror", "--commit", "--delete-storage")
        #expect(ended.succeeded, "\(ended)")
        try mirrored.expectUntouched(name)
      }
      try guest.waitForTicks(1)
      try mirrored.expectAllTicks(in: mirrored.firstImages)
    }
  }

  @Test("libvirt's refusals, a time that runs out, Ctrl-C, and a mirror that ends by itself take all back")
  func takenBack() throws {
    try EmbeddedGuest.with(disks: [.init("vda", mebibytes: 16), .init("vdb", mebibytes: 16)]) { guest in
      let mirrored = try MirroredGuest(guest)
      let monitor = try mirrored.addMonitor()
      try guest.startAndWaitForTicks(1)
      let request = ["snapshot-create-as", guest.name, "broken"]
      let disk = ["--diskspec", "vda,mirror=\(mirrored.mirror("vda", "broken"))"]
      for (options, reason) in [
        (["--quiesce"], "guest agent is not configured"),
        (["--live"], "live snapshot creation is supported only during full system snapshots"),
      ] {
        let refused = try mirrored.run(request + disk + options)
        #expect(refused.status == 1, "\(options)")
        #expect(refused.stderr.contains(reason), "\(refused)")
        try mirrored.expectUntouched("\(options)")
      }

      // Mirror file, snapshot, mirror, note, wait: with a byte a second it never catches up with what the guest wrote
      // between snapshot and mirror.
      let late = try mirrored.stopped(
        request + disk + ["--bandwidth", "1b", "--timeout", "1"], at: "before:2"
      ) { _ in try guest.waitForTicks(2) }
      #expect(late.status == 1)
      #expect(late.error.contains("the mirrors had not caught up after 1 s"), "\(late)")
      try mirrored.expectUntouched("timeout")

      for step in [1, 2, 4] {
        let interrupted = try mirrored.stopped(request + disk, at: "before:\(step)") { kill($0, SIGINT) }
        #expect(interrupted.status == 130, "\(step): \(interrupted)")
        #expect(interrupted.error.contains("interrupted"), "\(interrupted)")
        try mirrored.expectUntouched("Ctrl-C before \(step)")
      }

      let ended = try mirrored.stopped(request + disk, at: "before:4") { _ in
        try mirrored.cancelJobs(at: monitor)
      }
      #expect(ended.status == 1)
      #expect(ended.error.contains("the mirror of disk 'vda' to"), "\(ended)")
      #expect(ended.error.contains("ended by itself"), "\(ended)")
      try mirrored.expectUntouched("a mirror that ended")
      try guest.waitForTicks(1)
      try mirrored.expectAllTicks(in: mirrored.firstImages)
    }
  }

  @Test("every request that cannot be mirrored is refused with a reason before anything is touched")
  func refusals() throws {
    try EmbeddedGuest.with(disks: [.init("vda", mebibytes: 16), .init("vdb", mebibytes: 16)]) { guest in
      let mirrored = try MirroredGuest(guest)
      let mirror = mirrored.second + "/vda.new"
      let plain = "vda,mirror=\(mirror)"
      func refused(_ options: [String], _ reason: String, name: String = "refused") throws {
        let result = try mirrored.run(["snapshot-create-as", guest.name, name] + options)
        #expect(result.status == 1, "\(options)")
        #expect(result.stderr.contains(reason), "\(result)")
      }
      try refused(["--diskspec", plain], "domain 'guest' is shut off")
      try guest.startAndWaitForTicks(1)
      let files = FileManager.default
      let (taken, link) = (mirrored.second + "/taken", mirrored.second + "/link")
      #expect(files.createFile(atPath: taken, contents: Data()))
      let (own, other) = (guest.imagePath(guest.disks[0]), guest.imagePath(guest.disks[1]))
      try files.createSymbolicLink(atPath: link, withDestinationPath: own)
      try refused(["--diskspec", "vda,mirror=\(taken)"], "'\(taken)' exists")
      try refused(["--diskspec", "vda,file=\(mirror),mirror=\(mirror)"], "are the same file")
      try refused(["--diskspec", "\(plain),driver=raw"], "not raw")
      try refused(
        ["--diskspec", "\(plain),snapshot=internal"], "mirror for 'vda' requires external snapshot")
      try refused(["--diskspec", "\(plain),snapshot=manual"], "mirror for 'vda' requires external snapshot")
      try refused(
        ["--diskspec", "\(plain),snapshot=no", "--memspec", "file=\(guest.root)/memory"],
        "mirror for 'vda' requires external snapshot")
      try refused(["--diskspec", plain, "--diskspec", "vdb,snapshot=manual"], "not manual")
      try refused(["--diskspec", "vdz,mirror=\(mirror)"], "no disk 'vdz'")
      try refused(["--diskspec", "vda,mirror=relative"], "must be absolute")
      try refused(["--diskspec", "vda,mirror=\(guest.root)/none/x"], "No such file or directory")
      try refused(["--diskspec", "vda,mirror=\(other)"], "is in use by disk 'vdb'")
      try refused(["--diskspec", "vda,mirror=\(own)"], "is in use by disk 'vda'")
      try refused(["--diskspec", "vda,mirror=\(link)"], "is in use by disk 'vda'")
      try refused(["--diskspec", plain, "--diskspec", "vdb,mirror=\(mirror)"], "would both write to")
      try refused(["--diskspec", plain, "--no-metadata"], "--no-metadata")
      try refused(["--diskspec", plain, "--halt"], "--halt")
      try refused(["--diskspec", plain, "--memspec", "snapshot=internal"], "memory inside an image")
      try refused(["--diskspec", plain, "--reuse-external"], "makes no file")
      try refused(["--diskspec", plain, "--bandwidth", "0"], "'0' for <bandwidth>")
      try refused(["--diskspec", plain, "--timeout", "0"], "'0' for <timeout>")
      try refused(["--disk-only", "--dry-run"], "--dry-run is about mirrors")
      try refused(["--disk-only", "--bandwidth", "1"], "--bandwidth is about mirrors")
      for file in [taken, link] { try files.removeItem(atPath: file) }

      let copy = guest.root + "/copy"
      try guest.virsh("blockcopy", guest.name, "vdb", copy, "--transient-job", "--wait").check()
      try refused(["--diskspec", plain], "disk 'vdb' has a running job (copy)")
      try guest.virsh("blockjob", guest.name, "vdb", "--abort").check()

      let dry = try mirrored.run("snapshot-create-as", guest.name, "dry", "--diskspec", plain, "--dry-run")
      #expect(dry.stdout.contains("2. take external snapshot 'dry' of vda, vdb\n"))
      try mirrored.expectUntouched("refusals")
      try mirrored.expectAllTicks(in: mirrored.firstImages)
    }
  }
}
