import Foundation
import TestSupport
import Testing

@Suite("What commands on a real guest print with --json matches their schemas")
struct GuestOutputTests {
  @Test("every line of testdata/contract/guest-commands.txt succeeds and prints one object")
  func everyLine() throws {
    try RealGuest.with { guest in
      _ = try guest.file("rng.xml", holding: Self.device)
      _ = try guest.file("checkpoint.xml", holding: Self.checkpoint)
      _ = try guest.file("backup.xml", holding: Self.backup(below: guest.path("")))
      let lines = try ScriptContract.commandLines("guest-commands.txt")
      let batch = lines.joined(separator: "\n").replacing("@root/", with: guest.path(""))
      try snapsh(["-c", guest.uri, "dumpxml", RealGuest.name, "--inactive"]).check().stdout
        .write(toFile: guest.path("domain.xml"), atomically: true, encoding: .utf8)
      let run = try snapsh(
        ["--json", "--progress", "json", "--wait-for-job", "-c", guest.uri, batch],
        environment: ["VISUAL": "true"],
        timeout: 200)
      let results = run.stdout.split(separator: "\n")
      #expect(run.status == 0, "\(run.stderrWithoutLibvirtLog)")
      try #require(results.count == lines.count, "\(run.stdout)\(run.stderr)")
      let contract = ScriptContract()
      for (line, result) in zip(lines, results) {
        let command = try #require(line.split(separator: " ").first)
        #expect(try contract.problems(ofOutput: String(result), schema: "\(command).json") == [], "\(line)")
      }
      #expect(try contract.problems(ofErrors: run.stderrWithoutLibvirtLog) == [])
    }
  }

  /// What can be plugged into any guest.
  private static let device = "<rng model='virtio'><backend model='random'>/dev/urandom</backend></rng>\n"

  private static let checkpoint = """
    <domaincheckpoint>
      <name>first</name>
      <disks><disk name='vda' checkpoint='bitmap'/><disk name='vdb' checkpoint='no'/></disks>
    </domaincheckpoint>

    """

  private static func backup(below root: String) -> String {
    """
    <domainbackup mode='pull'>
      <server transport='unix' socket='\(root)backup.socket'/>
      <disks>
        <disk name='vda' backup='yes' type='file'><scratch file='\(root)scratch.qcow2'/></disk>
        <disk name='vdb' backup='no'/>
      </disks>
    </domainbackup>

    """
  }
}
