import Foundation
import TestSupport
import Testing

/// A place in an operation at which QEMU is killed, and whether snapsh is killed there too, right before it.
struct GuestDeath: CustomStringConvertible, Sendable {
  /// `before:3`, `after:3`.
  let place: String
  let survives: Bool

  var description: String { "QEMU killed \(place)\(survives ? "" : " with snapsh")" }

  /// The places of an operation whose process is killed too: both sides of every step, for in between the journal is written.
  static func ofBoth(steps: Range<Int>) -> [GuestDeath] {
    steps.flatMap { step in ["before:\(step)", "after:\(step)"] }.map { .init(place: $0, survives: false) }
  }

  /// The places of an operation that goes on without its guest, or that keeps no journal: what is after one step is before the next.
  static func atEdges(steps: Range<Int>, survives: Bool) -> [GuestDeath] {
    (steps.map { "before:\($0)" } + ["after:\(steps.upperBound - 1)"])
      .map { .init(place: $0, survives: survives) }
  }
}

extension MirroredGuest {
  /// How a command ended.
  typealias Ending = (status: Int32, output: String, error: String)

  /// Runs snapsh up to a place, lets the guest tick once more, kills it, and lets snapsh go on, unless it was killed before.
  ///
  /// - Returns: how snapsh ended; `nil` where it was killed.
  @discardableResult
  func run(_ line: [String], losing death: GuestDeath) throws -> Ending? {
    guard death.survives else {
      let killed = try run(line, fault: "\(death.place):kill")
      #expect(killed.signal == SIGKILL, "\(death): \(killed)")
      try die()
      return nil
    }
    return try stopped(line, at: death.place) { _ in try die() }
  }

  /// Waits until libvirt says that the guest is dead, which the first process that looks may not know yet.
  func waitUntilSeenDead() throws {
    while try guest.virsh("domstate", guest.name).stdout.contains("running") {}
  }

  /// Nothing is to be killed where the operation has stopped the guest itself.
  private func die() throws {
    guard guest.qemuProcess != nil else { return }
    try guest.waitForTicks(1)
    try guest.kill()
  }

  /// The shut-off guest is on these images, they are sound, hold every tick that was told, and nothing else of ours is there.
  func expectComplete(
    on images: [String: String], besides others: Set<String> = [], format: String = "qcow2",
    after what: String
  ) throws {
    #expect(guest.qemuProcess == nil, "\(what)")
    #expect(try sources(inactive: true) == images, "\(what)")
    #expect(files() == Set(images.values).union(others), "\(what)")
    try expectAllTicks(in: images, format: format, soundAfter: what)
  }

  /// Every image of the chains passes `qemu-img check`, and every tick of the serial log is in them.
  func expectAllTicks(in images: [String: String], format: String, soundAfter what: String) throws {
    for image in images.values {
      let checked = try TestSupport.run(["qemu-img", "check", "-q", image])
      // Clusters that nothing points to are what QEMU itself leaves where it is killed; status 2 is corruption.
      #expect(checked.status == 0 || checked.status == 3, "\(what): \(checked)")
    }
    try expectAllTicks(in: images, format: format)
  }
}
