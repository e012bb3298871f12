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

  /// Looks at what a guest has left of its disks: images, and all below them that their headers tell of, that it does not use.
  ///
  /// - Parameters:
  ///   - tops: The images that the disks were on.
  ///   - domain: The guest.
  ///   - removes: Whether those that nobody needs are removed.
  /// - Throws: libvirt's error, `XMLError`, `DiskIOError`.
  /// - Returns: The files, each chain from its top.
  func settle(chainsFrom tops: [DiskChain.Image], leftBy domain: Domain, removes: Bool) throws -> [File] {
    let inUse = try Set(DiskChain.chains(inDomainXML: domain.xml()).flatMap(\.images).map(\.path))
    let chains = ImageChains()
    return try settle(
      tops.flatMap(chains.visiblePaths).filter { !inUse.contains($0) }, removes: removes)
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
    let (uses, doubt) = try uses()
    var files: [File] = []
    // From the bottom: whoever does the rest finds what is left from the top.
    for path in candidates.reversed() where !files.contains(where: { $0.path == path }) {
      let user = uses.first { use in use.paths.contains { StorageCheck.isSame($0, path) } }?.user ?? doubt
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

  /// Who needs which files, and who may need any of them, because what it stands on cannot be read.
  private func uses() throws -> (uses: [(user: String, paths: Set<String>)], doubt: String?) {
    var uses: [(user: String, paths: Set<String>)] = []
    var doubt: String?
    let chains = ImageChains()
    func use(_ user: String, of xml: String, standingOn images: [DiskChain.Image]) throws {
      var paths = try Self.files(inXML: xml)
      // What lies below is known to the headers alone.
      for image in images {
        paths.formUnion(chains.visiblePaths(of: image))
        if chains.failure != nil { doubt = doubt ?? "perhaps \(user), whose images cannot be read" }
      }
      uses.append((user, paths))
    }
    for domain in try connection.domains() {
      for flags in [DomainXMLFlags(), .inactive] {
        guard let xml = try Self.asked({ () throws(LibvirtError) in try domain.xml(flags) }) else { continue }
        let images = try DiskChain.chains(inDomainXML: xml).compactMap(\.images.last)
        try use("domain '\(domain.name)'", of: xml, standingOn: images)
      }
      for snapshot in try Self.asked({ () throws(LibvirtError) in try domain.snapshots() }) ?? [] {
        guard let xml = try Self.asked({ () throws(LibvirtError) in try snapshot.xml(.secure) }) else {
          continue
        }
        let images = try SnapshotFiles(xml: xml).disks.compactMap(\.frozen)
        try use("snapshot '\(snapshot.name)' of domain '\(domain.name)'", of: xml, standingOn: images)
      }
    }
    return (uses, doubt)
  }

  /// nil for what has gone meanwhile, and what the driver does not know.
  private static func asked<Value>(
    _ question: () throws(LibvirtError) -> Value
  ) throws(LibvirtError) -> Value? {
    do {
      return try question()
    } catch  where [.noDomain, .noDomainSnapshot, .noSupport].contains(error.code) {
      return nil
    }
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
