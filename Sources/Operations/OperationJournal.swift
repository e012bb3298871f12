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
    /// The process that began it.
    public var processID: Int32
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
      began = Int64(time(nil))
      begun = -1
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys]
      self.parameters = String(decoding: try encoder.encode(parameters), as: UTF8.self)
    }

    /// Whether the operation is on a domain of libvirt's.
    public var concernsLibvirt: Bool { !uri.isEmpty }

    /// Whether the operation is on libvirt's domain of this UUID.
    public func concerns(domainUUID uuid: String) -> Bool { concernsLibvirt && domainUUID == uuid }

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
  private weak var ownClaim: DomainClaim?

  /// The index of the step begun last; -1 before the first.
  public var begun: Int { record.begun }

  /// Opens a new one: nothing is written before the first step begins.
  ///
  /// - Parameters:
  ///   - directory: Made with mode 0700 if need be.
  ///   - record: What is to be done.
  public init(in directory: FilePath, _ record: Record) {
    // A process that lives long may keep several of one domain's, and those without a domain all have the same UUID.
    var now = timespec()
    clock_gettime(CLOCK_REALTIME, &now)
    let moment = now.tv_sec * 1_000_000_000 + now.tv_nsec
    path = directory.appending(
      "\(record.operation)-\(record.domainUUID)-\(record.processID)-\(moment).json")
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

  /// Whether somebody is at work on its domain, or on the operation itself where libvirt has no domain of it.
  public var isHeld: Bool { DomainClaim.isHeld(on: claimed, beside: path.removingLastComponent()) }

  /// The process that is at work on it; `nil` where none is.
  var holder: Int32? {
    guard isHeld else { return nil }
    return DomainClaim.holder(on: claimed, beside: path.removingLastComponent()) ?? record.processID
  }

  /// What is claimed for it.
  private var claimed: String {
    record.concernsLibvirt ? record.domainUUID : path.stem ?? record.operation
  }

  /// Claims the domain for the operation, until the claim goes; the same claim for as long as there is one.
  ///
  /// - Throws: ``UnfinishedOperationError`` where another operation has it, ``JournalError``.
  func claim() throws -> DomainClaim {
    if let ownClaim { return ownClaim }
    let directory = path.removingLastComponent()
    if let claim = try DomainClaim(on: claimed, beside: directory) {
      ownClaim = claim
      return claim
    }
    let other = Self.all(in: directory).first { $0.claimed == claimed }
    throw UnfinishedOperationError(other ?? self, under: record.uri)
  }

  /// Claims the domain for an operation that is about to begin.
  ///
  /// - Throws: ``UnfinishedOperationError`` where another operation has it, or was interrupted; ``JournalError``.
  func claimForNew() throws -> DomainClaim {
    let claim = try claim()
    // Since this one was planned another may have begun, and have been interrupted.
    let other = Self.all(in: path.removingLastComponent()).first { $0.claimed == claimed && $0.path != path }
    if let other { throw UnfinishedOperationError(interrupted: other, under: record.uri) }
    return claim
  }

  /// Does on a domain what needs no journal, since what is left of it tells by itself, while nobody else is at work there.
  ///
  /// - Parameters:
  ///   - operation: What others are told of it.
  ///   - domain: The domain.
  ///   - directory: Where the journals are.
  ///   - work: What is done.
  /// - Throws: ``UnfinishedOperationError``, ``JournalError``; what the work throws.
  /// - Returns: What the work gives.
  public static func claiming<Outcome>(
    _ operation: String, on domain: Domain, in directory: FilePath, _ work: () throws -> Outcome
  ) throws -> Outcome {
    let record = try Record(
      operation: operation, uri: domain.connection.uri(), domainUUID: domain.uuid(), domain: domain.name,
      parameters: [String]())
    let claim = try OperationJournal(in: directory, record).claimForNew()
    defer { withExtendedLifetime(claim) {} }
    return try work()
  }

  /// Claims the domain for the end of an operation that another process began, and makes sure that it is still as it was read.
  ///
  /// - Throws: ``UnfinishedOperationError`` where somebody else has it; ``JournalError``, also where somebody else had it since.
  func claimForEnd() throws -> DomainClaim {
    let claim = try claim()
    guard (try? OperationJournal(reading: path))?.record == record else {
      throw JournalError(
        path: path.string, reason: "was changed or removed by another process meanwhile; look again")
    }
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
    if !record.concernsLibvirt { ownClaim?.removeFile() }
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
