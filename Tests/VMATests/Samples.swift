import Foundation

/// The archives in testdata/vma that Proxmox's own `vma create` wrote.
enum Samples {
  static let multiDisk = "multi-disk.vma"
  static let vmstate = "vmstate.vma"

  static func bytes(_ name: String) throws -> [UInt8] {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    return try [UInt8](Data(contentsOf: root.appending(path: "testdata/vma/\(name)")))
  }
}
