import Foundation
import TestSupport
import Testing

/// A guest with a second storage and a state directory of its own, as the tests of mirrored snapshots need it.
struct MirroredGuest {
  let guest: EmbeddedGuest
  /// The second storage.
  let second: String
  private let state: String

  init(_ guest: EmbeddedGuest) throws {
    self.guest = guest
    second = guest.root + "/second"
    state = guest.root + "/state"
    try FileManager.default.createDirectory(atPath: second, withIntermediateDirectories: true)
  }

  func run(_ arguments: [String], fault: String? = nil) throws -> ProcessResult {
    try snapsh(
      ["-c", guest.uri] + arguments, environment: ["XDG_STATE_HOME": state, "SNAPSH_FAULT": fault])
  }

  func run(_ arguments: String...) throws -> ProcessResult { try run(arguments) }

  /// Takes a snapshot of all disks that mirrors some of them.
  func create(_ name: String, mirroring targets: [String], fault: String? = nil) throws -> ProcessResult {
    let disks = targets.flatMap { ["--diskspec", "\($0),mirror=\(mirror($0, name))"] }
    return try run(["snapshot-create-as", guest.name, name] + disks, fault: fault)
  }

  func mirror(_ target: String, _ snapshot: String) -> String { "\(second)/\(target).mirror-\(snapshot)" }

  func overlay(_ target: String, _ snapshot: String) -> String { "\(guest.root)/disks/\(target).\(snapshot)" }

  /// What the running (or else the persistent) definition names, by target.
  func sources(inactive: Bool = false) throws -> [String: String] {
    let table = try guest.virsh(["domblklist", guest.name] + (inactive ? ["--inactive"] : [])).check().stdout
    let rows = table.split(separator: "\n").map { $0.split(separator: " ") }.filter { $0.count == 2 }
    return Dictionary(uniqueKeysWithValues: rows.map { (String($0[0]), String($0[1])) })
  }

  /// Kills QEMU and waits until it has let go of the images.
  func killGuest() throws {
    let process = try #require(guest.qemuProcess)
    kill(process, SIGKILL)
    while kill(process, 0) == 0 { usleep(20_000) }
  }

  /// Every file on either storage, and every journal.
  func files() -> Set<String> {
    let manager = FileManager.default
    let roots = [guest.root + "/disks", second, state + "/snapsh/journals"]
    return Set(
      roots.flatMap { root in
        ((try? manager.contentsOfDirectory(atPath: root)) ?? []).map { "\(root)/\($0)" }
      })
  }

  var firstImages: [String: String] {
    Dictionary(uniqueKeysWithValues: guest.disks.map { ($0.target, guest.imagePath($0)) })
  }

  /// Nothing of ours is left: the guest is on the images it began with, and only they are there.
  func expectUntouched(_ what: String) throws {
    #expect(try sources() == firstImages, "\(what)")
    #expect(try sources(inactive: true) == firstImages, "\(what)")
    #expect(files() == Set(firstImages.values), "\(what)")
    #expect(try guest.virsh("snapshot-list", guest.name, "--name").stdout.allSatisfy(\.isNewline), "\(what)")
    let xml = try guest.virsh("dumpxml", guest.name).check().stdout
    #expect(!xml.contains("<mirror"), "\(what)")
    #expect(!xml.contains("mirrored-snapshots"), "\(what)")
  }

  /// Ends the guest and compares every tick of its serial log with the images.
  func expectAllTicks(
    in images: [String: String], of targets: Set<String>? = nil, format: String? = nil
  ) throws {
    if guest.qemuProcess != nil { _ = try guest.virsh("destroy", guest.name) }
    let announced = guest.ticks
    #expect(announced == Array(1...announced.count))
    #expect(guest.boots == 1)
    for disk in guest.disks where targets?.contains(disk.target) ?? true {
      let records = try guest.records(of: disk.target, image: images[disk.target], format: format)
      #expect(records.missing(upTo: announced.count) == [], "\(disk.target)")
      #expect(records.damaged == [], "\(disk.target)")
    }
  }
}
