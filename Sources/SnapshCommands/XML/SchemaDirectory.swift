import DiskIO
import Glibc
import SnapshotXML
import SystemPackage

/// The directory that holds the project's schemas, wherever the tool runs from.
struct SchemaDirectory: Equatable {
  /// The schema every other one is found by.
  static let mainSchema = "domainsnapshot.rng"
  /// The schema that gives libvirt 9.0's verdict.
  static let upstreamSchema = "upstream-9.0/domainsnapshot.rng"
  /// Where libvirt's packages put its schemas.
  static let libvirtDirectories = ["/usr/share/libvirt/schemas", "/usr/local/share/libvirt/schemas"]
  /// The variable that overrides every search.
  static let variable = "SNAPSH_SCHEMA_DIR"

  /// An absolute path, or one relative to the working directory where the variable gave it.
  let path: String

  /// Finds the directory: named by the environment, installed beside the executable, or in the source tree above it.
  ///
  /// - Parameters:
  ///   - environment: The process's variables.
  ///   - executable: The resolved path of the running program.
  /// - Throws: ``SchemaDirectoryError``.
  init(environment: [String: String], executable: String? = Self.executable) throws(SchemaDirectoryError) {
    if let named = environment[Self.variable], !named.isEmpty {
      guard Self.holdsSchemas(named) else { throw .variableIsWrong(named) }
      path = named
      return
    }
    guard let found = Self.candidates(executable: executable).first(where: Self.holdsSchemas) else {
      throw .notFound
    }
    path = found
  }

  /// `PREFIX/share/snapsh/schemas` for an executable in `PREFIX/bin`, then `schemas` in each directory above.
  static func candidates(executable: String?) -> [String] {
    guard let executable else { return [] }
    var directory = FilePath(executable).removingLastComponent()
    var candidates = [directory.removingLastComponent().appending("share/snapsh/schemas").string]
    while !directory.isEmpty {
      candidates.append(directory.appending("schemas").string)
      if directory.components.isEmpty { break }
      directory = directory.removingLastComponent()
    }
    return candidates
  }

  /// The path of one of the project's schemas.
  func path(of name: String) -> String {
    FilePath(path).appending(name).string
  }

  private static func holdsSchemas(_ directory: String) -> Bool {
    isReadable(FilePath(directory).appending(mainSchema).string)
  }

  static func isReadable(_ path: String) -> Bool {
    access(path, R_OK) == 0
  }

  /// What `/proc/self/exe` points to.
  static var executable: String? {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(PATH_MAX)) { buffer in
      guard let start = buffer.baseAddress else { return nil }
      let length = readlink("/proc/self/exe", start, buffer.count)
      guard length > 0, length < buffer.count else { return nil }
      return String(decoding: buffer[..<length].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
  }

  /// The names of all schemas below the directory, sorted, the main one first.
  ///
  /// - Throws: ``SchemaDirectoryError/unreadable(path:_:)``.
  func names() throws(SchemaDirectoryError) -> [String] {
    var names = try Self.entries(of: path)
    for directory in names where !directory.hasSuffix(".rng") {
      let inner = try? Self.entries(of: FilePath(path).appending(directory).string)
      names += (inner ?? []).map { "\(directory)/\($0)" }
    }
    return names.filter { $0.hasSuffix(".rng") && $0 != Self.mainSchema }.sorted()
      .reduce(into: [Self.mainSchema]) { $0.append($1) }
  }

  private static func entries(of directory: String) throws(SchemaDirectoryError) -> [String] {
    do {
      return try DirectoryListing.names(in: directory).filter { !$0.hasPrefix(".") }
    } catch {
      throw .unreadable(path: directory, error)
    }
  }
}

/// Schemas that cannot be found or read.
enum SchemaDirectoryError: Error, Equatable, CustomStringConvertible {
  case notFound
  case variableIsWrong(String)
  case unreadable(path: String, Errno)
  case noSuchSchema(String)
  case noDomainSchema(directory: String, missing: String)

  var description: String {
    switch self {
    case .notFound:
      "the schemas of snapsh are neither installed beside it (share/snapsh/schemas) nor in a directory above it; "
        + "set \(SchemaDirectory.variable) to the directory that holds \(SchemaDirectory.mainSchema)"
    case .variableIsWrong(let path):
      "\(SchemaDirectory.variable) names '\(path)', which holds no readable \(SchemaDirectory.mainSchema)"
    case .unreadable(let path, let errno):
      "the schema '\(path)' cannot be read: \(errno)"
    case .noSuchSchema(let name):
      "there is no schema '\(name)'; 'snapsh xml schema --list' lists them"
    case .noDomainSchema(let directory, let missing):
      "the directory '\(directory)' holds no readable \(missing), which --domain-schema needs"
    }
  }
}
