import Foundation
import TestSupport

/// Runs snapsh on a guest, its journals below the guest's own directory.
func snapsh(
  _ guest: EmbeddedGuest, _ arguments: String..., environment: [String: String?] = [:]
) throws -> ProcessResult {
  try TestSupport.snapsh(
    ["-c", guest.uri] + arguments,
    environment: ["XDG_STATE_HOME": guest.root + "/state"].merging(environment) { $1 })
}

/// The journals of interrupted operations on a guest.
func journals(of guest: EmbeddedGuest) throws -> [String] {
  let directory = guest.root + "/state/snapsh/journals"
  return ((try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []).sorted()
}

/// The file of each disk, as virsh tells it.
func sources(of guest: EmbeddedGuest, _ options: String...) throws -> [String: String] {
  let lines = try guest.virsh(["domblklist", guest.name] + options).check().stdout.split(separator: "\n")
  return Dictionary(
    lines.map { $0.split(separator: " ").map(String.init) }.filter { $0.count == 2 }.map { ($0[0], $0[1]) },
    uniquingKeysWith: { first, _ in first })
}

/// `NAME PARENT` of each snapshot, parents first, siblings by name; a root has `-`.
func snapshots(of guest: EmbeddedGuest) throws -> [String] {
  let lines = try guest.virsh("snapshot-list", guest.name, "--parent").check().stdout.split(separator: "\n")
  let pairs = lines.map { $0.split(separator: " ").map(String.init) }
    .map { (name: $0[0], parent: $0.count > 5 ? $0[5] : "-") }
  func below(_ parent: String) -> [String] {
    pairs.filter { $0.parent == parent }.sorted { $0.name < $1.name }
      .flatMap { ["\($0.name) \(parent)"] + below($0.name) }
  }
  return below("-")
}

/// The name of the current snapshot.
func current(of guest: EmbeddedGuest) throws -> String {
  try guest.virsh("snapshot-current", guest.name, "--name").check().stdout
    .trimmingCharacters(in: .whitespacesAndNewlines)
}

/// Takes a snapshot of a running guest and returns the ticks that it may have been taken at.
func takenTick(
  of guest: EmbeddedGuest, _ name: String, _ options: String...
) throws -> ClosedRange<Int> {
  let before = guest.ticks.last ?? 0
  try TestSupport.snapsh(["-c", guest.uri, "snapshot-create-as", guest.name, name] + options).check()
  return before...max(before, guest.ticks.last ?? 0)
}

/// The tick at a place of the serial log, awaited if it is not there yet.
func tick(of guest: EmbeddedGuest, at index: Int) throws -> Int {
  while guest.ticks.count <= index { try guest.waitForTicks(1) }
  return guest.ticks[index]
}

/// Takes a guest back and lets it go on by hand, so that what it told before and after can be told apart.
///
/// - Returns: The last tick before, and the first after.
func goBack(
  _ guest: EmbeddedGuest, to snapshot: String, _ options: String...
) throws -> (left: Int, next: Int) {
  try TestSupport.snapsh(
    ["-c", guest.uri, "snapshot-revert", guest.name, snapshot, "--paused"] + options,
    environment: ["XDG_STATE_HOME": guest.root + "/state"]
  ).check()
  return try goOn(guest)
}

/// Lets a paused guest go on.
///
/// - Returns: The last tick before, and the first after.
func goOn(_ guest: EmbeddedGuest) throws -> (left: Int, next: Int) {
  let count = guest.ticks.count
  let left = guest.ticks.last ?? 0
  try guest.virsh("resume", guest.name).check()
  return (left, try tick(of: guest, at: count))
}

/// Puts the definition of a guest back on the images that it began with, as somebody might who knows nothing of overlays.
func defineOnFirstImages(_ guest: EmbeddedGuest) throws {
  var xml = try guest.virsh("dumpxml", guest.name, "--inactive").check().stdout
  let now = try sources(of: guest, "--inactive")
  for disk in guest.disks {
    if let source = now[disk.target] {
      xml = xml.replacingOccurrences(of: "'\(source)'", with: "'\(guest.imagePath(disk))'")
    }
  }
  let file = guest.root + "/first.xml"
  try xml.write(toFile: file, atomically: true, encoding: .utf8)
  try guest.virsh("define", file).check()
}
