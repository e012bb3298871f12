import FoundationEssentials
import Glibc
import Libvirt
import SystemPackage

/// What an operation was asked to do and how far it has come, on disk, for whoever finds it after a crash.
///
/// One JSON file an operation, replaced as a whole and flushed at every step, so that it is never half written.
public final class OperationJournal {
  /// What leaves no trace by which another process could tell whether it has happened, such as a guest's going over to another
  /// image when the guest and all that libvirt knew of it are gone, or the first write to an image that a snapshot had frozen.
  enum Turn: String, Codable, Equatable, Sendable {
    /// It is about to happen, or has just happened.
    case pending
    /// It has happened.
    case taken
  }

  /// The file's content: enough for another process to build the same plan again.
  public struct Record: Codable, Equatable, Sendable {
    /// Which operation it is: `mirror-create`, `storage-migrate`, …
    public var operation: String
    /// The connection's URI; empty for an operation that no libvirt has a part in.
    public var uri: String
    /// The domain's UUID, as libvirt prints it; without libvirt the guest's own, which need not be anybody's.
    public var domainUUID: String
    /// The domain's name, for people.
    public var domain: String
    /// The process that works on it.
    public var processID: Int32
    /// When that process began, in clock ticks since the machine did: a later process may get the same number.
    public var processStart: String
    /// When it began, seconds since 1970.
    public var began: Int64
    /// The index of the step begun last; -1 before the first.
    public var begun: Int
    /// How far the step begun last is with its turn; `nil` before that, and in steps that have none.
    var turn: Turn?
    /// The operation's own parameters, as the JSON text of its own type.
    public var parameters: String

    /// An operation about to begin.
    public init<Parameters: Encodable>(
      operation: String, uri: String, domainUUID: String, domain: String, parameters: Parameters
    ) throws {
      self.operation = operation
      self.uri = uri
      self.domainUUID = domainUUID
      self.domain = domain
      processID = getpid()
      processStart = Self.start(of: processID) ?? ""
      began = Int64(time(nil))
      begun = -1
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys]
      self.parameters = String(decoding: try encoder.encode(parameters), as: UTF8.self)
    }

    /// Whether the process that wrote it is still at work.
    public var isHeld: Bool { Self.start(of: processID) == processStart }

    /// Whether the operation is on a domain of libvirt's.
    public var concernsLibvirt: Bool { !uri.isEmpty }

    /// Whether the operation is on libvirt's domain of this UUID.
    public func concerns(domainUUID uuid: String) -> Bool { concernsLibvirt && domainUUID == uuid }

    /// Field 22 of `/proc/PID/stat`; `nil` where there is no such process.
    static func start(of process: Int32) -> String? {
      guard let stat = try? String(contentsOf: URL(filePath: "/proc/\(process)/stat"), encoding: .utf8)
      else { return nil }
      // The name, the second field, is in parentheses and may hold anything; the third is 2 words after it.
      guard let end = stat.lastIndex(of: ")") else { return nil }
      let fields = stat[end...].split(separator: " ")
      return fields.count > 20 ? String(fields[20]) : nil
    }

    /// Whether the operation is on this domain under this libvirt: a copy of its definition, with the same UUID, may be under another
    /// one.
    ///
    /// - Throws: libvirt's error.
    public func concerns(_ domain: Domain) throws(LibvirtError) -> Bool {
      guard concerns(domainUUID: try domain.uuid()) else { return false }
      return uri == (try domain.connection.uri())
    }

    /// The operation's parameters as the type that it wrote.
    public func parameters<Parameters: Decodable>(as type: Parameters.Type) throws -> Parameters {
      try JSONDecoder().decode(type, from: Data(parameters.utf8))
    }
  }

  /// Where it is.
  public let path: FilePath
  /// What it says now.
  public private(set) var record: Record
  /// Whether the operation goes on behind the end of its plan: whoever began it removes the journal then.
  var outlivesPlan = false

  /// The index of the step begun last; -1 before the first.
  public var begun: Int { record.begun }

  /// Opens a new one: nothing is written before the first step begins.
  ///
  /// - Parameters:
  ///   - directory: Made with mode 0700 if need be.
  ///   - record: What is to be done.
  public init(in directory: FilePath, _ record: Record) {
    path = directory.appending("\(record.operation)-\(record.domainUUID)-\(record.processID).json")
    self.record = record
  }

  /// Reads one that another process wrote.
  ///
  /// - Throws: ``JournalError`` for a file that cannot be read or is no journal.
  public init(reading path: FilePath) throws(JournalError) {
    self.path = path
    do {
      record = try JSONDecoder().decode(Record.self, from: Data(contentsOf: URL(filePath: path.string)))
    } catch {
      throw JournalError(path: path.string, reason: "cannot be read (\(error))")
    }
  }

  /// Every journal in a directory, oldest first; files that are none are left out.
  public static func all(in directory: FilePath) -> [OperationJournal] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: directory.string)) ?? []
    return names.filter { $0.hasSuffix(".json") }
      .compactMap { try? OperationJournal(reading: directory.appending($0)) }
      .sorted { ($0.record.began, $0.path.string) < ($1.record.began, $1.path.string) }
  }

  /// Whether the process that wrote it is still at work on it; one that lives on, as a shell does, may have given it up.
  public var isHeld: Bool {
    guard record.isHeld, record.concernsLibvirt else { return record.isHeld }
    return DomainClaim.isHeld(on: record.domainUUID, beside: path.removingLastComponent())
  }

  /// Claims the domain for the operation, until the claim goes; nil where libvirt has no domain of it.
  ///
  /// - Throws: ``UnfinishedOperationError`` where another operation has it, ``JournalError``.
  func claim() throws -> DomainClaim? {
    guard record.concernsLibvirt else { return nil }
    let directory = path.removingLastComponent()
    if let claim = try DomainClaim(on: record.domainUUID, beside: directory) { return claim }
    let other = Self.all(in: directory).first {
      $0.record.concerns(domainUUID: record.domainUUID) && $0.isHeld
    }
    throw UnfinishedOperationError(other ?? self)
  }

  /// Claims the domain for an operation that is about to begin.
  ///
  /// - Throws: ``UnfinishedOperationError`` where another operation has it, or was interrupted; ``JournalError``.
  func claimForNew() throws -> DomainClaim? {
    guard let claim = try claim() else { return nil }
    // Since this one was planned another may have begun, and have been interrupted.
    let other = Self.all(in: path.removingLastComponent()).first {
      $0.record.concerns(domainUUID: record.domainUUID) && $0.path != path
    }
    if let other { throw UnfinishedOperationError(interrupted: other) }
    return claim
  }

  /// Notes that a step begins; on disk when this returns.
  ///
  /// A step that is begun again keeps its turn, which nothing else tells of.
  func begin(step: Int) throws(JournalError) {
    if record.begun != step { record.turn = nil }
    record.begun = step
    try write()
  }

  /// Notes the turn of the step begun last, `nil` where it did not come to it; on disk when this returns.
  func note(_ turn: Turn?) throws(JournalError) {
    let before = record.turn
    record.turn = turn
    do {
      try write()
    } catch {
      record.turn = before
      throw error
    }
  }

  /// Keeps the record of an operation that is done, so that it can be taken back later.
  ///
  /// A file of its own beside those of earlier operations, which the same process may have written.
  /// - Parameter count: How many steps it had.
  /// - Throws: ``JournalError``.
  public func keep(asDone count: Int) throws(JournalError) {
    record.begun = count - 1
    try write()
  }

  /// Replaces the operation's parameters, for what is known only on the way; on disk when this returns.
  public func update<Parameters: Encodable>(parameters: Parameters) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    record.parameters = String(decoding: try encoder.encode(parameters), as: UTF8.self)
    try write()
  }

  /// Removes the file at the end of the plan, unless the operation is more than that.
  func endPlan() throws(JournalError) {
    if !outlivesPlan { try remove() }
  }

  /// Removes the file; one that was never written is no error.
  public func remove() throws(JournalError) {
    guard unlink(path.string) == 0 || errno == ENOENT else {
      throw JournalError(path: path.string, reason: "cannot be removed (\(Errno(rawValue: errno)))")
    }
  }

  private func write() throws(JournalError) {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .prettyPrinted]
    let draft = path.removingLastComponent().appending(".\(path.lastComponent?.string ?? "journal").new")
    do {
      try Self.makeDirectory(path.removingLastComponent())
      let bytes = try encoder.encode(record)
      let file = try FileDescriptor.open(
        draft, .writeOnly, options: [.create, .truncate], permissions: [.ownerReadWrite])
      try file.closeAfter {
        _ = try file.writeAll(bytes)
        guard fsync(file.rawValue) == 0 else { throw Errno(rawValue: errno) }
      }
      guard rename(draft.string, path.string) == 0 else { throw Errno(rawValue: errno) }
      let directory = try FileDescriptor.open(path.removingLastComponent(), .readOnly)
      try directory.closeAfter { _ = fsync(directory.rawValue) }
    } catch {
      throw JournalError(
        path: path.string, reason: "cannot be written (\(error)); nothing is begun without it")
    }
  }

  static func makeDirectory(_ path: FilePath) throws {
    var directory = FilePath(root: path.root)
    for component in path.components {
      directory.append(component)
      guard mkdir(directory.string, 0o700) == 0 || errno == EEXIST else { throw Errno(rawValue: errno) }
    }
  }
}

/// A journal that cannot be kept.
public struct JournalError: Error, Equatable, CustomStringConvertible {
  /// The file.
  public let path: String
  /// What is wrong with it.
  public let reason: String

  public var description: String { "journal '\(path)' \(reason)" }
}
