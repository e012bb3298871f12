import Foundation
import TestSupport
import Testing

@Suite("Snapshots of every kind on a real guest")
struct SnapshotKindsTests {
  /// What `<description>` may hold: entities, what looks like them, other scripts, characters beyond the first plane.
  private static let description = "if a < b && c > \"d\" then 'e' &amp; Größe 快照 🗄"

  @Test("what libvirt says of each is printed by us too, is its own canonical form, and is valid")
  func everyKind() throws {
    try EmbeddedGuest.with { guest in
      let names = try makeSnapshots(of: guest)
      #expect(names.count >= 9)
      let listed = try guest.snapsh("-q", "snapshot-list", guest.name, "--name").check().stdout
      #expect(Set(listed.split(separator: "\n").map(String.init)) == Set(names))
      for name in names {
        let xml = try guest.virsh("snapshot-dumpxml", guest.name, name).check()
        let ours = try guest.snapsh("-q", "snapshot-dumpxml", guest.name, name).check()
        #expect(ours.stdoutBytes == xml.stdoutBytes, "\(name)")
        let formatted = try snapsh(["xml", "format", "-"], stdin: xml.stdoutBytes)
        #expect(formatted.succeeded, "\(name): \(formatted)")
        #expect(formatted.stdoutBytes == xml.stdoutBytes, "\(name)")
        let checked = try snapsh(["xml", "format", "--check", "-"], stdin: xml.stdoutBytes)
        #expect(checked.succeeded, "\(name): \(checked)")
        let valid = try snapsh(["xml", "validate", "-"], stdin: xml.stdoutBytes)
        #expect(valid.succeeded, "\(name): \(valid)")
        let roundtrip = try snapsh(["xml", "roundtrip", "-"], stdin: xml.stdoutBytes)
        #expect(roundtrip.succeeded, "\(name): \(roundtrip)")
      }
      let tree = try guest.snapsh("snapshot-list", guest.name, "--tree").check()
      #expect(tree.stdout == (try guest.virsh("snapshot-list", guest.name, "--tree").stdout) + "\n")
    }
  }

  /// Takes nine snapshots, each of another kind, and returns their names.
  private func makeSnapshots(of guest: EmbeddedGuest) throws -> [String] {
    var names: [String] = []
    func take(_ name: String, _ options: String...) throws {
      let arguments = ["-c", guest.uri, "snapshot-create-as", guest.name, name] + options
      try snapsh(arguments).check()
      names.append(name)
    }
    try take("internal-off", Self.description)
    try take("external-off", "--disk-only", "--diskspec", "vdb,snapshot=no")
    try guest.startAndWaitForTicks(2)
    try take("internal-running")
    try take("external-disks", "--disk-only", "--description", Self.description)
    try take("external-one-disk", "--disk-only", "--diskspec", "vda,snapshot=no")
    try take("external-memory", "--memspec", "file=\(guest.root)/full.save", "--atomic")
    try take("external-memory-live", "--memspec", "\(guest.root)/live.save,snapshot=external", "--live")
    try take(
      "memory-alone", "--memspec", "file=\(guest.root)/alone.save", "--diskspec", "vda,snapshot=no",
      "--diskspec", "vdb,snapshot=no")
    // libvirt leaves the guest paused for whoever has to copy the disk marked as manual.
    try take("manual-disk", "--disk-only", "--diskspec", "vdb,snapshot=manual")
    #expect(try guest.snapsh("-q", "domstate", guest.name).stdout.hasPrefix("paused"))

    let xml = try guest.snapsh("snapshot-dumpxml", guest.name, "internal-off").check().stdout
    let renamed = guest.root + "/redefined.xml"
    try xml.replacingOccurrences(
      of: "<name>internal-off</name>", with: "<name>redefined &lt;&amp;&gt; 快照</name>"
    )
    .replacingOccurrences(
      of: "<state>", with: "<parent>\n    <name>internal-off</name>\n  </parent>\n  <state>"
    )
    .write(toFile: renamed, atomically: true, encoding: .utf8)
    try guest.snapsh("snapshot-create", guest.name, renamed, "--redefine").check()
    return names + ["redefined <&> 快照"]
  }
}
