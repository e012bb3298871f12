import SnapshotXML
import SystemPackage

/// Which schema `<domain>` and `<inactiveDomain>` are checked with.
enum DomainSchemaChoice: Equatable {
  /// libvirt's own where they are installed, none where they are not.
  case automatic
  /// None.
  case none
  /// Those in a directory.
  case directory(String)

  private static let files = ["domain.rng", "inactiveDomain.rng"]

  init(_ text: String?) {
    switch text {
    case nil, "auto": self = .automatic
    case "none": self = .none
    case let directory?: self = .directory(directory)
    }
  }

  /// The schemas to use, together with the one for the snapshot around them.
  ///
  /// - Throws: ``SchemaDirectoryError/noDomainSchema(directory:missing:)``.
  func paths(
    snapshot: String, installed: [String] = SchemaDirectory.libvirtDirectories
  ) throws(SchemaDirectoryError) -> SnapshotSchemas.Paths {
    switch self {
    case .none:
      return SnapshotSchemas.Paths(snapshot: snapshot)
    case .automatic:
      guard let directory = installed.first(where: { Self.missing(in: $0) == nil }) else {
        return SnapshotSchemas.Paths(snapshot: snapshot)
      }
      return Self.paths(snapshot: snapshot, in: directory)
    case .directory(let directory):
      if let missing = Self.missing(in: directory) {
        throw .noDomainSchema(directory: directory, missing: missing)
      }
      return Self.paths(snapshot: snapshot, in: directory)
    }
  }

  private static func missing(in directory: String) -> String? {
    files.first { !SchemaDirectory.isReadable(FilePath(directory).appending($0).string) }
  }

  private static func paths(snapshot: String, in directory: String) -> SnapshotSchemas.Paths {
    let directory = FilePath(directory)
    return SnapshotSchemas.Paths(
      snapshot: snapshot, domain: directory.appending(files[0]).string,
      inactiveDomain: directory.appending(files[1]).string)
  }
}
