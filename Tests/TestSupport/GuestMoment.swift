import Foundation
import Glibc

/// One moment of a running guest: its memory, its disks, and all that libvirt and snapsh know of it, to be gone back to
/// again and again.
///
/// What a table of faults needs of which each one ends the guest: going back takes a fraction of a boot, and every case begins with
/// the same files, ticks and definitions.
public struct GuestMoment {
  private let guest: EmbeddedGuest
  private let directory: String

  private var memory: String { directory + "/memory" }
  private var files: String { directory + "/files" }

  /// Takes down the present moment of a running guest, which is off afterwards.
  ///
  /// - Throws: ``TestSupportError`` when the guest cannot be saved.
  public init(of guest: EmbeddedGuest) throws {
    self.guest = guest
    directory = guest.root + "/moment"
    try FileManager.default.createDirectory(atPath: directory + "/files", withIntermediateDirectories: true)
    try guest.virsh("save", guest.name, directory + "/memory").check()
    try run(["cp", "-a"] + entries().map { "\(guest.root)/\($0)" } + [files]).check()
  }

  /// Ends the guest, whatever has become of it, and lets it go on from the moment.
  ///
  /// - Throws: ``TestSupportError`` when it does not go on.
  public func goBack() throws {
    try guest.kill()
    for entry in try entries() { try FileManager.default.removeItem(atPath: "\(guest.root)/\(entry)") }
    try run(["cp", "-a", files + "/.", guest.root]).check()
    try guest.virsh("restore", memory).check()
  }

  /// What libvirt has found out about QEMU stays: it takes seconds to find out again.
  private func entries() throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: guest.root).filter {
      !["moment", "cache"].contains($0)
    }
  }
}

extension EmbeddedGuest {
  /// Kills QEMU (SIGKILL), where one runs, and returns when it has let go of the images.
  public func kill() throws {
    guard let process = qemuProcess else { return }
    Glibc.kill(process, SIGKILL)
    while Glibc.kill(process, 0) == 0 { usleep(10_000) }
  }
}
