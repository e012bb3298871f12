import Foundation
import TestSupport
import Testing

/// Guests under a QEMU that no libvirt manages, and what `backup --qmp` must leave of them.
struct MonitorBench {
  private static let size = 64 << 20
  let directory: TemporaryDirectory
  let scratch: String
  /// Where the journals are.
  let state: String

  init() throws {
    directory = try TemporaryDirectory()
    scratch = directory.file("scratch")
    state = directory.file("state")
    try FileManager.default.createDirectory(atPath: scratch, withIntermediateDirectories: true)
  }

  /// Two empty disks of 64 MiB.
  func makeDisks() throws -> [String] {
    try ["disk0.raw", "disk1.raw"].map { name in
      try run(["truncate", "-s", "\(Self.size)", directory.file(name)]).check()
      return directory.file(name)
    }
  }

  func backup(
    _ guest: BareGuest, to archive: String, _ options: String..., fault: String? = nil
  ) throws -> ProcessResult {
    try backup(at: guest.freeMonitor, to: archive, options, fault: fault)
  }

  func backup(
    at monitor: String, to archive: String, _ options: [String], fault: String? = nil
  ) throws -> ProcessResult {
    try snapsh(
      ["backup", "--qmp", monitor, "--output", archive, "--scratch", scratch] + options,
      environment: ["SNAPSH_FAULT": fault, "XDG_STATE_HOME": state])
  }

  /// The doctor, under a libvirt that knows nothing of the guest.
  func doctor(_ words: String..., uri: String = "test:///default") throws -> ProcessResult {
    try snapsh(["-c", uri, "doctor"] + words, environment: ["XDG_STATE_HOME": state])
  }

  /// Files that no command should leave: sockets, half archives, journals.
  func leftovers() throws -> [String] {
    try FileManager.default.subpathsOfDirectory(atPath: directory.path).filter { name in
      name.hasPrefix("scratch/") || name.hasSuffix(".partial")
        || (name.hasPrefix("state/") && name.hasSuffix(".json"))
    }
  }

  /// The guest runs on its own disks, and nothing of ours is left in its QEMU or on the disk.
  func expectWhole(_ guest: BareGuest, after fault: String, archive: String? = nil) throws {
    let status = try guest.monitor.execute("query-status") as? [String: Any]
    #expect(status?["status"] as? String == "running", "after \(fault)")
    #expect((try guest.monitor.execute("query-jobs") as? [Any])?.count == 0, "after \(fault)")
    let nodes = try guest.monitor.execute("query-named-block-nodes") as? [[String: Any]] ?? []
    let names = nodes.compactMap { $0["node-name"] as? String }.filter { !$0.hasPrefix("#") }
    #expect(names.sorted() == ["disk0", "disk1"], "after \(fault)")
    let capabilities =
      try guest.monitor.execute("query-migrate-capabilities") as? [[String: Any]] ?? []
    let events = capabilities.first { $0["capability"] as? String == "events" }
    #expect(events?["state"] as? Bool == false, "after \(fault)")
    let parameters = try guest.monitor.execute("query-migrate-parameters") as? [String: Any]
    #expect(parameters?["max-bandwidth"] as? Int == 128 << 20, "after \(fault)")
    #expect(try leftovers() == [], "after \(fault)")
    if let archive { #expect(!FileManager.default.fileExists(atPath: archive), "after \(fault)") }
    let ticks = guest.ticks.count
    try guest.waitForTicks(ticks + 1)
  }

  /// Every tick that the guest has announced is on both disks: no write of its has failed.
  func expectEveryTick(of guest: BareGuest, on disks: [String]) throws {
    let last = try #require(guest.ticks.last)
    #expect(guest.ticks == Array(1...last))
    for (disk, target) in zip(disks, ["vda", "vdb"]) {
      let records = try TickRecords(rawImage: disk, disk: target)
      #expect(records.missing(upTo: last) == [])
      #expect(records.damaged == [])
    }
  }
}
