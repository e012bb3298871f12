import Foundation

/// The kernel and the initramfs of the test guest, as scripts/build-guest makes them.
///
/// The guest writes record N to every disk, then says `tick N` on its serial line, five times a second
/// (scripts/guest/init tells the details).
public struct GuestImage: Sendable {
  /// The Linux kernel's path.
  public let kernel: String

  /// The initramfs' path.
  public let initramfs: String

  private static let built = Result {
    let directory = packageDirectory + "/.build/guest"
    try run([packageDirectory + "/scripts/build-guest", directory], timeout: 600).check()
    return GuestImage(kernel: directory + "/vmlinuz", initramfs: directory + "/initramfs")
  }

  /// The image, built on first use and kept in .build/guest.
  /// - Throws: ``TestSupportError`` with what scripts/build-guest said.
  public static func shared() throws -> GuestImage {
    try built.get()
  }
}
