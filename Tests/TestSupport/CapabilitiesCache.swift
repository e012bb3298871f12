import Foundation
import Synchronization

/// What libvirt has found out about the QEMU binaries, handed from one root to the next.
///
/// Probing a QEMU binary takes libvirt seconds; it writes the answers below the root and checks them against the
/// binary's times when it reads them back, so that a copy is as good as its own.
final class CapabilitiesCache: Sendable {
  /// The one of this process.
  static let shared = CapabilitiesCache()

  private static let place = "cache/qemu/capabilities"
  private let files = Mutex<[String: Data]>([:])

  /// Puts what is known into a new root.
  func lend(to root: String) throws {
    let known = files.withLock { $0 }
    guard !known.isEmpty else { return }
    let directory = "\(root)/\(Self.place)"
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    for (name, contents) in known {
      try contents.write(to: URL(fileURLWithPath: "\(directory)/\(name)"))
    }
  }

  /// Remembers what libvirt has found out below a root.
  func learn(from root: String) {
    let directory = "\(root)/\(Self.place)"
    for name in (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? [] {
      guard let contents = FileManager.default.contents(atPath: "\(directory)/\(name)") else { continue }
      files.withLock { $0[name] = contents }
    }
  }
}
