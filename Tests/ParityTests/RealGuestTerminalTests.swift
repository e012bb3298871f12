import Foundation
import TestSupport
import Testing

/// Long jobs of a real guest in front of a person: how far they are, and Ctrl-C.
@Suite("Long jobs on a terminal")
struct RealGuestTerminalTests {
  private static var figures: Regex<(Substring, Substring)> {
    /\r\e\[K([A-Za-z ]+): \d+ %, \d+\.\d MiB of \d+\.\d MiB, \d+\.\d MiB\/s, \d+ s left/
  }

  private func copy(_ guest: RealGuest, _ name: String) -> String {
    "blockcopy bare vda --transient-job --dest \(guest.path(name)) --wait --bandwidth 4000000 --bytes"
  }

  @Test("a disk's job shows bytes, rate and time left; Ctrl-C ends it, cleans up, and the shell goes on")
  func diskJob() throws {
    try RealGuest.with { guest in
      let terminal = try guest.terminal(.snapsh)
      try terminal.wait(for: "snapsh # ")
      for round in 1...2 {
        terminal.type("\(copy(guest, "copy\(round)"))\n")
        try terminal.wait(for: " s left")
        terminal.type("\u{3}")
        // The line is wiped before anything else is said.
        try terminal.wait(for: "\r\u{1b}[K\r\nCopy aborted\r\n")
        try terminal.wait(for: "snapsh # ")
      }
      terminal.type("blockjob bare vda; domstate bare\n")
      try terminal.wait(for: "No current block job for vda")
      try terminal.wait(for: "running")
      try terminal.wait(for: "snapsh # ")
      terminal.type("quit\n")
      #expect(try terminal.waitForEnd() == 0)
      #expect(terminal.transcript.firstMatch(of: Self.figures)?.output.1 == "Block Copy")
    }
  }

  @Test("a save shows the same; Ctrl-C leaves the guest running and no file behind")
  func save() throws {
    try RealGuest.with([.slowSaves]) { guest in
      let terminal = try guest.terminal(.snapsh, environment: ["PATH": guest.slowPath])
      try terminal.wait(for: "snapsh # ")
      for command in ["managedsave bare", "save bare \(guest.path("memory"))"] {
        terminal.type("\(command)\n")
        try terminal.wait(for: " s left")
        terminal.type("\u{3}")
        try terminal.wait(
          for: "\r\u{1b}[Kerror: interrupted; everything this command had begun has been undone")
        try terminal.wait(for: "snapsh # ")
      }
      terminal.type("domstate bare --reason; list --all --with-managed-save --name; echo done\n")
      try terminal.wait(for: "running (save canceled)\r\n\r\n\r\ndone")
      terminal.type("quit\n")
      #expect(try terminal.waitForEnd() == 0)
      #expect(terminal.transcript.firstMatch(of: Self.figures)?.output.1 == "Managedsave")
      #expect(!FileManager.default.fileExists(atPath: guest.path("memory")))
      #expect(try FileManager.default.contentsOfDirectory(atPath: guest.path("lib/qemu/save")) == [])
    }
  }

  @Test("off a terminal nothing is shown unless asked for, then as lines of text or of JSON, or not at all")
  func forms() throws {
    try RealGuest.with { guest in
      func errors(_ options: String..., verbose: Bool = false) throws -> String {
        let words = "\(copy(guest, "copy-\(options.joined())-\(verbose)"))\(verbose ? " --verbose" : "")"
        return try snapsh(options + ["-c", guest.uri, "\(words) --timeout 2"]).stderr
      }
      #expect(try errors().isEmpty)
      #expect(try errors("--progress", "auto", verbose: true).hasPrefix("\rBlock Copy: ["))
      #expect(try errors("--progress", "none", verbose: true).isEmpty)
      #expect(try errors("--json").isEmpty)
      #expect(try errors("--json", "--progress", "none", verbose: true).isEmpty)
      let lines = try errors("--progress=plain").split(separator: "\n")
      #expect(lines.count >= 2)
      #expect(lines.last?.wholeMatch(of: /Block Copy: \d+ %, .* MiB of 64\.0 MiB, .*\/s, \d+ s left/) != nil)
      let asked = try errors("--progress=json", "--json").split(separator: "\n")
      let told = try errors("--json", verbose: true).split(separator: "\n")
      #expect(asked.count >= 2 && told.count >= 2)
      for line in asked + told {
        let object = try #require(JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
        #expect(object["type"] as? String == "progress")
        #expect(object["job"] as? String == "block-copy")
        #expect(object["totalBytes"] as? Int == 64 << 20)
        #expect(object["completedBytes"] is Int && object["elapsedSeconds"] is Double)
      }
    }
  }

  @Test("--wait-for-job tells what it waits for, and goes on when that job has ended by itself")
  func waitForJob() throws {
    try RealGuest.with([.slowDisk]) { guest in
      let begun = "backup-begin bare \(guest.path("push.xml"))"
      let refused = try snapsh(["-c", guest.uri, "\(begun); managedsave bare"])
      #expect(refused.status == 1)
      #expect(refused.stderr.hasPrefix("error: domain 'bare' is held by a job: backup"))
      // The backup goes on without its starter, and the next process waits for it.
      let saved = try snapsh([
        "-c", guest.uri, "--wait-for-job", "--progress", "plain", "managedsave bare; domstate bare --reason",
      ]).check()
      #expect(saved.stderr.hasPrefix("waiting for a job of domain 'bare' to end: backup\n"))
      #expect(saved.stdout == "\nDomain 'bare' state saved by libvirt\n\nshut off (saved)\n\n")
    }
  }

  @Test("Ctrl-C ends the waiting for another's job, and leaves that job alone")
  func interruptedWait() throws {
    try RealGuest.with([.slowDisk]) { guest in
      let terminal = try guest.terminal(.snapsh, ["--wait-for-job"])
      try terminal.wait(for: "snapsh # ")
      terminal.type("backup-begin bare \(guest.path("push.xml"))\nmanagedsave bare\n")
      try terminal.wait(for: "waiting for a job of domain 'bare' to end: backup")
      terminal.type("\u{3}")
      try terminal.wait(for: "error: interrupted")
      try terminal.wait(for: "snapsh # ")
      terminal.type("domjobinfo bare\n")
      try terminal.wait(for: "Operation:        Backup")
      try terminal.wait(for: "snapsh # ")
      terminal.type("quit\n")
      #expect(try terminal.waitForEnd() == 0)
    }
  }
}
