import Locking
import XMLTree

/// The schemas of one run, each loaded once, when it is first needed, and shared by all threads.
public final class SnapshotSchemas: Sendable {
  /// Where the schemas are.
  public struct Paths: Equatable, Sendable {
    /// The schema of the snapshot's own content.
    public var snapshot: String
    /// libvirt's schema of `<domain>`, nil where what stands in there is not checked.
    public var domain: String?
    /// libvirt's schema of `<inactiveDomain>`.
    public var inactiveDomain: String?

    /// Names the files.
    public init(snapshot: String, domain: String? = nil, inactiveDomain: String? = nil) {
      self.snapshot = snapshot
      self.domain = domain
      self.inactiveDomain = inactiveDomain
    }
  }

  /// The files.
  public let paths: Paths
  let snapshot: LoadedSchema
  let domain: LoadedSchema?
  let inactiveDomain: LoadedSchema?

  /// Names the schemas to use; nothing is loaded yet.
  ///
  /// - Parameters:
  ///   - paths: Where the schemas are.
  ///   - read: Gives the bytes of a file, nil where it cannot be read.
  public init(_ paths: Paths, read: @escaping @Sendable (String) -> [UInt8]?) {
    self.paths = paths
    snapshot = LoadedSchema(path: paths.snapshot, read: read)
    domain = paths.domain.map { LoadedSchema(path: $0, read: read) }
    inactiveDomain = paths.inactiveDomain.map { LoadedSchema(path: $0, read: read) }
  }
}

/// A schema that is loaded by whoever needs it first; the others wait for it.
final class LoadedSchema: Sendable {
  let path: String
  private let read: @Sendable (String) -> [UInt8]?
  private let loaded = SleepingLock<Result<RelaxNGSchema, XMLError>?>(nil)

  init(path: String, read: @escaping @Sendable (String) -> [UInt8]?) {
    self.path = path
    self.read = read
  }

  /// The schema as libxml2 uses it.
  func schema() throws(XMLError) -> RelaxNGSchema {
    try loaded.withLock { loaded in
      if let loaded { return loaded }
      let result = Result { () throws(XMLError) in try RelaxNGSchema(path: path) }
      loaded = result
      return result
    }.get()
  }

  /// The same schema for finding reasons; one per thread.
  func explainer() throws(XMLError) -> RelaxNGExplainer {
    try RelaxNGExplainer(path: path, read: read)
  }
}
