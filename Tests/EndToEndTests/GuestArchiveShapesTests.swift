import Foundation
import TestSupport
import Testing

/// A guest through a pipe, compressed, and as plain files.
@Suite("A guest's archive in other shapes")
struct GuestArchiveShapesTests {
  private static let disks = [
    EmbeddedGuest.Disk("vda"), EmbeddedGuest.Disk("vdb", format: "raw"),
  ]

  /// Destroys the guest, lets its copy go on from its memory, and compares ticks and disks.
  private func checkCopy(
    of guest: EmbeddedGuest, uri: String, memory: String, images: [String: String], format: String? = nil,
    between before: Int, and after: Int
  ) throws {
    try guest.snapsh("destroy", guest.name).check()
    let count = guest.ticks.count
    try snapsh(["-c", uri, "restore", memory]).check()
    try guest.waitForTicks(3)
    let first = guest.ticks[count]
    #expect((before...after + 1).contains(first))
    #expect(Array(guest.ticks[count...]) == Array(first..<first + guest.ticks.count - count))
    #expect(guest.boots == 1)
    try snapsh(["-c", uri, "destroy", "copy"]).check()
    let now = try #require(guest.ticks.last)
    for disk in Self.disks {
      let records = try guest.records(
        of: disk.target, image: images[disk.target], format: format ?? disk.format)
      #expect(records.missing(upTo: now) == [])
      #expect(records.damaged == [])
    }
  }

  @Test("streams through a pipe and zstd into another libvirt, and goes on there at the next tick")
  func stream() throws {
    try EmbeddedGuest.with(disks: Self.disks) { guest in
      try EmbeddedGuest.with(name: "other", disks: [EmbeddedGuest.Disk("vda")]) { other in
        try guest.startAndWaitForTicks(3)
        let before = try #require(guest.ticks.last)
        let copies = other.root + "/copies"
        try FileManager.default.createDirectory(atPath: copies, withIntermediateDirectories: true)
        let zstd = try require(tool: "zstd")
        try run([
          "bash", "-c",
          """
          set -o pipefail
          "$1" -c "$2" backup \(guest.name) --memory --output - | "$5" -q | "$5" -q -d \
            | "$1" -c "$3" restore - --name copy --directory "$4" --define-only
          """,
          "bash", snapshBinary, guest.uri, other.uri, copies, zstd,
        ]).check()
        let after = try guest.waitForTicks(1)
        try keepInRestic(guest, other)
        try checkCopy(
          of: guest, uri: other.uri, memory: copies + "/copy.memory.save",
          images: ["vda": copies + "/copy-vda.qcow2", "vdb": copies + "/copy-vdb.raw"], between: before,
          and: after)
      }
    }
  }

  /// Into restic's repository by standard input, and out of it into the other libvirt.
  private func keepInRestic(_ guest: EmbeddedGuest, _ other: EmbeddedGuest) throws {
    let directory = other.root + "/kept"
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    let before = try #require(guest.ticks.last)
    try run(
      [
        "bash", "-c",
        """
        set -eo pipefail
        "$5" -q init
        "$1" -c "$2" backup \(guest.name) --memory --output - | "$5" -q backup --stdin --stdin-filename guest.vma
        "$5" -q dump latest guest.vma | "$1" vma verify -
        "$5" -q dump latest guest.vma | "$1" -c "$3" restore - --name kept --directory "$4"
        """,
        "bash", snapshBinary, guest.uri, other.uri, directory, try require(tool: "restic"),
      ],
      environment: [
        "RESTIC_REPOSITORY": other.root + "/repository", "RESTIC_PASSWORD": "none",
        "RESTIC_CACHE_DIR": other.root + "/cache", "XDG_STATE_HOME": guest.root + "/state",
      ]
    ).check()
    for disk in Self.disks {
      let records = try guest.records(
        of: disk.target, image: "\(directory)/kept-\(disk.target).\(disk.format)")
      #expect(records.latest >= before - 1)
      #expect(records.missing(upTo: records.latest) == [])
      #expect(records.damaged == [])
    }
    #expect(
      try snapsh(["save-image", "info", directory + "/kept.memory.save"]).check().stdout.contains("kept"))
  }

  @Test("is compressed on the way, and read again without being told")
  func compressed() throws {
    try EmbeddedGuest.with(disks: Self.disks) { guest in
      try guest.startAndWaitForTicks(3)
      let before = try #require(guest.ticks.last)
      let archive = guest.root + "/guest.vma.zst"
      let copies = guest.root + "/copies"
      try FileManager.default.createDirectory(atPath: copies, withIntermediateDirectories: true)
      try guest.snapsh(
        "cold-snapshot", guest.name, "--resume-first", "--output", archive, "--compress", "zstd:1"
      ).check()
      let after = try guest.waitForTicks(1)
      try snapsh(["vma", "verify", archive]).check()
      let list = try snapsh(["archive", "list", guest.root, "--json"]).check().stdout
      #expect(list.contains(#""compression":"zstd""#))
      #expect(list.contains(#""consistency":"memory""#))
      #expect(list.contains(#""proven":"content""#))
      try guest.snapsh("restore", archive, "--name", "copy", "--directory", copies).check()
      try checkCopy(
        of: guest, uri: guest.uri, memory: copies + "/copy.memory.save",
        images: ["vda": copies + "/copy-vda.qcow2", "vdb": copies + "/copy-vdb.raw"], between: before,
        and: after)
    }
  }

  @Test("is a directory of plain files, which is restored as an archive is", arguments: ["qcow2", "raw"])
  func directory(format: String) throws {
    try EmbeddedGuest.with(disks: Self.disks) { guest in
      try guest.startAndWaitForTicks(3)
      let before = try #require(guest.ticks.last)
      let directory = guest.root + "/plain"
      let copies = guest.root + "/copies"
      try FileManager.default.createDirectory(atPath: copies, withIntermediateDirectories: true)
      try guest.snapsh(
        "backup", guest.name, "--memory", "--output-directory", directory, "--format", format
      ).check()
      let after = try guest.waitForTicks(1)
      #expect(
        try FileManager.default.contentsOfDirectory(atPath: directory).sorted() == [
          "disk-drive-vda.\(format)", "disk-drive-vdb.\(format)", "libvirt-domain.xml",
          "qemu-server.conf", "snapsh.json",
          "vmstate.bin",
        ])
      let again = try guest.snapsh("backup", guest.name, "--output-directory", directory)
      #expect(again.status == 1)
      #expect(again.stderr.contains("exists"))
      // An image that would pull another file of this machine into the guest.
      let hostile = guest.root + "/hostile"
      try run(["cp", "-r", directory, hostile]).check()
      let image = hostile + "/disk-drive-vda.\(format)"
      if format == "qcow2" {
        try run([
          try require(tool: "qemu-img"), "rebase", "-u", "-b", "/etc/passwd", "-F", "raw", image,
        ]).check()
      } else {
        try run(["truncate", "-s", "1M", image]).check()
      }
      let refused = try guest.snapsh(
        "restore", hostile, "--name", "copy", "--directory", copies, "--disks-only")
      #expect(refused.status == 1)
      #expect(refused.stderr.contains(format == "qcow2" ? "refers to another file" : "1048576 bytes"))
      #expect(try FileManager.default.contentsOfDirectory(atPath: copies) == [])

      try guest.snapsh("restore", directory, "--name", "copy", "--directory", copies).check()
      try checkCopy(
        of: guest, uri: guest.uri, memory: copies + "/copy.memory.save",
        images: ["vda": copies + "/copy-vda.qcow2", "vdb": copies + "/copy-vdb.raw"], between: before,
        and: after)
    }
  }
}
