import DiskIO
import Glibc
import Libvirt
import XMLTree

/// Files on a storage that a guest has left: which are there, whether anything still needs them, and their removal.
public struct StorageLeftovers {
  /// One file that the guest does not use any more.
  public struct File: Equatable, Sendable {
    /// Where it is.
    public let path: String
    /// Bytes that it takes on its storage.
    public let allocatedBytes: UInt64
    /// Who else names it, as `domain 'x'`; `nil` where nobody does that libvirt knows of.
    public let neededBy: String?
    /// Whether it has been removed.
    public internal(set) var isRemoved = false
  }

  private let connection: Connection

  /// - Parameter connection: Its domains, and their snapshots, are asked whether they need a file.
  public init(on connection: Connection) {
    self.connection = connection
  }

  /// Every image below and including one, as the headers tell; an image that cannot be read ends the chain.
  public static func chain(from top: DiskChain.Image) -> [DiskChain.Image] {
    var images: [DiskChain.Image] = []
    var next: DiskChain.Image? = top
    while let image = next, images.count < 256, StorageCheck.exists(image.path) {
      images.append(image)
      next = below(image)
    }
    return images
  }

  private static func below(_ image: DiskChain.Image) -> DiskChain.Image? {
    guard let format = try? ImageFormat(image.format),
      let information = try? QemuImage.information(path: image.path, format: format),
      let path = information.backingPath
    else { return nil }
    return DiskChain.Image(path: path, format: information.backingFormat ?? "raw")
  }

  /// Looks at the files that a guest may have left.
  ///
  /// - Parameters:
  ///   - paths: The candidates; those that are not there are left out.
  ///   - removes: Whether those that nobody needs are removed.
  /// - Throws: libvirt's error, `XMLError`, `DiskIOError`.
  /// - Returns: The files, in the candidates' order.
  public func settle(_ paths: [String], removes: Bool) throws -> [File] {
    let candidates = paths.filter(StorageCheck.exists)
    guard !candidates.isEmpty else { return [] }
    let uses = try uses()
    var files: [File] = []
    // From the bottom: whoever does the rest finds what is left from the top.
    for path in candidates.reversed() where !files.contains(where: { $0.path == path }) {
      let user = uses.first { use in use.paths.contains { StorageCheck.isSame($0, path) } }?.user
      var file = File(path: path, allocatedBytes: Self.allocatedBytes(of: path), neededBy: user)
      if removes && user == nil {
        try UnneededFiles.remove([path])
        file.isRemoved = true
      }
      files.append(file)
    }
    return files.reversed()
  }

  static func allocatedBytes(of path: String) -> UInt64 {
    var status = stat()
    guard stat(path, &status) == 0 else { return 0 }
    return UInt64(clamping: status.st_blocks).multipliedReportingOverflow(by: 512).partialValue
  }

  /// Who names which files.
  private func uses() throws -> [(user: String, paths: Set<String>)] {
    var uses: [(user: String, paths: Set<String>)] = []
    for domain in try connection.domains() {
      var paths: Set<String> = []
      for flags in [DomainXMLFlags(), .inactive] {
        guard let xml = try? domain.xml(flags) else { continue }
        paths.formUnion(try Self.files(inXML: xml))
        for chain in try DiskChain.chains(inDomainXML: xml) {
          // What a shut-off domain's images stand on is known to their headers alone.
          if let last = chain.images.last { paths.formUnion(Self.chain(from: last).map(\.path)) }
        }
      }
      uses.append(("domain '\(domain.name)'", paths))
      for snapshot in (try? domain.snapshots()) ?? [] {
        guard let xml = try? snapshot.xml() else { continue }
        uses.append(
          ("snapshot '\(snapshot.name)' of domain '\(domain.name)'", try Self.files(inXML: xml)))
      }
    }
    return uses
  }

  /// Everything that a document names by a path.
  private static func files(inXML xml: String) throws -> Set<String> {
    var paths: Set<String> = []
    var elements = [try XMLDocument.parse(xml).root]
    while let element = elements.popLast() {
      // Our own notes tell what was, not what is needed.
      guard element.namespace == nil else { continue }
      for name in ["file", "dev"] {
        if let path = element.attribute(name), path.hasPrefix("/") { paths.insert(path) }
      }
      elements += element.elements
    }
    return paths
  }
}
