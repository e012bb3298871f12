import DiskIO
import FoundationEssentials
import Libvirt
import SystemPackage

/// Overlays as they lie about in directories.
enum OverlayFiles {
  /// The overlays beside some images that stand on one of them.
  ///
  /// - Parameters:
  ///   - paths: Images; their directories are searched, those below not.
  ///   - images: What the overlays must stand on.
  /// - Returns: Each with what it stands on.
  static func overlays(
    inDirectoriesOf paths: Set<String>, on images: Set<String>
  ) -> [(overlay: DiskChain.Image, backing: DiskChain.Image)] {
    let directories = Set(paths.map { FilePath($0).removingLastComponent().string })
    return directories.sorted().flatMap { directory in
      ((try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []).sorted()
        .compactMap { name in
          let path = FilePath(directory).appending(name).string
          guard let format = format(of: path), let known = try? ImageFormat(format),
            let header = try? QemuImage.information(path: path, format: known),
            let backing = header.backingPath, images.contains(backing)
          else { return nil }
          return (
            .init(path: path, format: format),
            .init(path: backing, format: header.backingFormat ?? "raw")
          )
        }
    }
  }

  /// The images that all domains of a connection are on, as far as they can be read.
  ///
  /// - Parameters:
  ///   - connection: To the libvirt in question.
  ///   - chains: Tells afterwards whether that is all.
  /// - Throws: libvirt's error.
  /// - Returns: Their paths.
  static func used(on connection: Connection, chains: ImageChains) throws -> Set<String> {
    var used: Set<String> = []
    for domain in try connection.domains() {
      // A domain that goes meanwhile uses nothing.
      for xml in [try? domain.xml(), try? domain.xml(.inactive)].compactMap({ $0 }) {
        for disk in (try? DiskChain.chains(inDomainXML: xml)) ?? [] {
          used.formUnion(disk.top.map { chains.visiblePaths(of: $0) } ?? [])
          used.formUnion((disk.mirror?.images ?? []).map(\.path))
        }
      }
    }
    return used
  }

  /// The format of a file that can be an overlay, by its first bytes: only those name a backing file, and what a guest
  /// wrote into a raw disk is not trusted with more than being looked at.
  private static func format(of path: String) -> String? {
    guard let file = try? FileDescriptor.open(path, .readOnly, options: [.nonBlocking, .closeOnExec]) else {
      return nil
    }
    let start =
      (try? file.closeAfter {
        try [UInt8](unsafeUninitializedCapacity: 4) { buffer, count in
          count = try file.read(into: UnsafeMutableRawBufferPointer(buffer))
        }
      })
    switch start {
    case [0x51, 0x46, 0x49, 0xFB]: return "qcow2"
    case Array("QED\0".utf8): return "qed"
    default: return nil
    }
  }
}
