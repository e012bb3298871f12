import DiskIO
import FoundationEssentials
import Glibc
import Libvirt
import SystemPackage
import XMLTree

/// The disks of one instant: of a running guest through libvirt's pull backup, of one that is shut off from its images.
public final class DiskBackup {
  /// The journal's name of it.
  public static let operation = "backup"

  /// Whether the guest's file systems are frozen for the instant.
  public enum Quiesce: String, Sendable, CaseIterable {
    /// No archive without.
    case require
    /// Where the guest's agent is able to.
    case `try`
    /// Not asked for.
    case no
  }

  /// What another process must know to take it back.
  struct Parameters: Codable, Equatable {
    /// The directory of socket and scratch files, made for this backup alone.
    var directory: String
    /// Whether file systems are frozen first, which a process that was killed may not have thawed.
    var mayFreeze: Bool
    /// Whether QEMU serves at a TCP port: nothing is made on this host then, and the directory's name is only a mark
    /// in the names of the files that libvirt makes on the guest's.
    var isServedByTCP: Bool?

    /// What is in the name of every file of this backup and of no other.
    var mark: String { FilePath(directory).lastComponent?.string ?? directory }
  }

  private let domain: Domain
  private let request: GuestArchiveRequest
  private let quiesce: Quiesce
  private let server: BackupServer?
  private var instant: Int64 = 0
  private var result: GuestArchiveResult?

  /// Prepares the work; nothing is touched.
  ///
  /// - Parameters:
  ///   - domain: a guest on this host.
  ///   - request: what is archived, and where to.
  ///   - quiesce: whether a running guest's file systems are frozen for the instant.
  ///   - server: where QEMU serves the disks of a running guest, which may be on another host then; nil for a Unix
  ///     socket on this one.
  public init(
    _ domain: Domain, _ request: GuestArchiveRequest, quiesce: Quiesce = .no, server: BackupServer? = nil
  ) {
    self.domain = domain
    self.request = request
    self.quiesce = quiesce
    self.server = server
  }

  /// Does it.
  ///
  /// - Throws: ``GuestArchiveError`` before anything is touched, else ``PlanFailure``.
  /// - Returns: what was archived.
  public func run() throws -> GuestArchiveResult {
    let parameters = try parameters()
    let plan = try plan(parameters)
    let journal = try request.journal(Self.operation, of: domain, parameters)
    try plan.run(journal: journal, cancellation: request.cancellation, announce: request.announce)
    guard let result else { throw GuestArchiveError.noDisks(domain: domain.name) }
    return result
  }

  /// What would be done; asks the guest, touches nothing.
  ///
  /// - Throws: ``GuestArchiveError`` for what cannot be archived this way, `LibvirtError`.
  public func plan() throws -> Plan { try plan(parameters()) }

  private func parameters() throws -> Parameters {
    // Nobody is asked who could do it only later.
    let mayFreeze = try quiesce == .require || (quiesce == .try && isAgentThere())
    return Parameters(
      directory: scratchDirectory(), mayFreeze: mayFreeze, isServedByTCP: server == nil ? nil : true)
  }

  /// Whether the agent can get an order to freeze; a guest that stands still does nothing that it is told.
  private func isAgentThere() throws -> Bool {
    try domain.state().state != .paused && FileSystemFreeze.isAgentThere(inDomainXML: domain.xml())
  }

  private func plan(_ parameters: Parameters) throws -> Plan {
    let isHere = try domain.connection.isLocal()
    if server == nil { try request.requireLocal(domain) }
    let xml = try domain.xml()
    let all = try GuestDisk.disks(inDomainXML: xml)
    let disks = try (isHere ? request.selection : try selectionElsewhere(xml)).of(all, domain: domain.name)
    guard try domain.isActive() else {
      guard server == nil else { throw GuestArchiveError.nothingServes(domain: domain.name, isHere: isHere) }
      guard try !domain.hasManagedSave() else { throw GuestArchiveError.hasManagedSave(domain: domain.name) }
      return Plan([
        Step("write the archive '\(request.destination.name)'") { [self] in
          instant = Int64(time(nil))
          result = try write(
            disks.map { ($0, try $0.openImages()) }, consistency: .filesystem, wasRunning: false)
        }
      ])
    }
    let state = try domain.state().state
    let names = disks.map(\.target).joined(separator: ", ")
    let freeze =
      parameters.mayFreeze ? FileSystemFreeze(of: domain, quiesce, isAgentThere: try isAgentThere()) : nil
    let steps = [
      Self.begin(domain, parameters, disks: names) { [self] in
        try begin(disks, leaving: all.filter { !disks.contains($0) }, parameters, freeze)
      },
      Step("write the archive '\(request.destination.name)'") { [self] in
        let sources = try disks.map { disk in
          let uri = server?.exportURI(disk.target) ?? Self.exportURI(disk.target, in: parameters.directory)
          return (disk, try NBDSource(uri: uri) as any DiskSource)
        }
        result = try write(
          sources, consistency: freeze?.hasFrozen == true ? .filesystem : .crash, wasRunning: state != .paused
        )
      },
      Step("end libvirt's backup job") { [domain] in try Self.end(domain, parameters) },
    ]
    return Plan((freeze.map { [$0.step()] } ?? []) + steps)
  }

  /// The steps that another process can take back.
  ///
  /// - Parameters:
  ///   - parameters: of the backup.
  ///   - begun: the index of the step in which its process was lost.
  ///   - domain: the guest; nil where it is no more.
  /// - Returns: the steps.
  static func interrupted(_ parameters: Parameters, begun: Int, on domain: Domain?) -> Plan {
    let begin = begin(domain, parameters, disks: "the disks") {}
    // The step after the one that freezes has thawed when it is done.
    guard let domain, parameters.mayFreeze, begun <= 1 else { return Plan([begin]) }
    return Plan([FileSystemFreeze(leftOn: domain).step(), begin])
  }

  private static func begin(
    _ domain: Domain?, _ parameters: Parameters, disks: String, perform: @escaping () throws -> Void
  ) -> Step {
    Step(
      "begin a backup job of \(disks)", perform: perform,
      undoing: "end libvirt's backup job and remove its scratch files"
    ) { try end(domain, parameters) }
  }

  private func write(
    _ disks: [(disk: GuestDisk, source: any DiskSource)],
    consistency: ArchiveManifest.Guest.Consistency, wasRunning: Bool
  ) throws -> GuestArchiveResult {
    let writing = GuestArchiveWriting(
      domain: domain, mode: .disks, consistency: consistency, instant: instant, wasRunning: wasRunning,
      isHere: try domain.connection.isLocal())
    return try writing.write(disks, savedMemory: nil, request)
  }

  /// A directory name that is nobody else's, made later.
  private func scratchDirectory() -> String {
    let parent = request.scratchDirectory ?? "/var/tmp"
    return
      "\(parent)/\(Self.directoryPrefix)\(getpid())-\(String(UInt32.random(in: 0...UInt32.max), radix: 36))"
  }

  private static let directoryPrefix = "snapsh-backup-"

  /// The directory that a backup of ours has its socket in, and the process that made it; `nil` for anybody else's socket.
  static func scratchDirectory(ofSocket path: String) -> (path: String, process: Int32)? {
    let parts = path.split(separator: "/")
    guard path.hasPrefix("/"), parts.last == "nbd.sock", let name = parts.dropLast().last,
      name.hasPrefix(directoryPrefix)
    else { return nil }
    let words = name.dropFirst(directoryPrefix.count).split(separator: "-")
    guard words.count == 2, let process = words.first.flatMap({ Int32($0) }), process > 0 else { return nil }
    return ("/" + parts.dropLast().joined(separator: "/"), process)
  }

  /// The wanted disks of a guest on another host, whose UEFI variables cannot be read from here.
  private func selectionElsewhere(_ xml: String) throws -> GuestDiskSelection {
    var selection = request.selection
    let leavesNVRAM = selection.excluded.contains(GuestArchiveWriting.nvramDevice)
    selection.excluded.removeAll { $0 == GuestArchiveWriting.nvramDevice }
    if !leavesNVRAM, let path = UEFIVariables.path(in: try XMLDocument.parse(xml).root) {
      throw GuestArchiveError.nvramNotHere(domain: domain.name, path: path)
    }
    return selection
  }

  private func begin(
    _ disks: [GuestDisk], leaving others: [GuestDisk], _ parameters: Parameters, _ freeze: FileSystemFreeze?
  ) throws {
    if server == nil { try makeDirectory(parameters.directory) }
    let scratch = try disks.map { disk in
      guard server != nil else { return "\(parameters.directory)/\(disk.target).scratch" }
      // On the guest's host, where libvirt makes it: beside the image there is room.
      guard let parent = request.scratchDirectory ?? disk.directory else {
        throw GuestArchiveError.noScratch(target: disk.target)
      }
      return "\(parent)/.\(parameters.mark)-\(disk.target).scratch"
    }
    let transport =
      server?.attributes ?? BackupServer.attributes(ofSocket: "\(parameters.directory)/nbd.sock")
    let backup = Self.backupXML(zip(disks, scratch).map { ($0, $1) }, leaving: others, server: transport)
    let beginJob = { [self] in
      instant = Int64(time(nil))
      try domain.beginBackup(xml: backup)
    }
    guard let freeze else { return try beginJob() }
    try freeze.thawed(after: beginJob)
  }

  private func makeDirectory(_ directory: String) throws {
    guard mkdir(directory, 0o700) == 0 else {
      throw ArchiveOperationError.file(
        operation: "make the directory", path: directory, errno: Errno(rawValue: errno))
    }
    // QEMU itself makes the socket in it, as whichever account libvirt gives it.
    if let owner = try QemuAccount(ofRunning: domain.xml()) {
      guard chown(directory, owner.user, owner.group) == 0 else {
        throw ArchiveOperationError.file(
          operation: "give QEMU's account the directory", path: directory, errno: Errno(rawValue: errno))
      }
    }
  }

  private static func backupXML(
    _ disks: [(disk: GuestDisk, scratch: String)], leaving others: [GuestDisk],
    server: [XMLAttribute]
  ) -> String {
    let wanted = disks.map { disk, scratch in
      XMLElement(
        "disk",
        attributes: [.init("name", disk.target), .init("backup", "yes"), .init("type", "file")],
        children: [.element(XMLElement("scratch", attributes: [.init("file", scratch)]))])
    }
    let unwanted = others.map {
      XMLElement("disk", attributes: [.init("name", $0.target), .init("backup", "no")])
    }
    let root = XMLElement(
      "domainbackup", attributes: [.init("mode", "pull")],
      children: [
        .element(XMLElement("server", attributes: server)),
        .element(XMLElement("disks", children: (wanted + unwanted).map { .element($0) })),
      ])
    return root.text(layout: .libvirt)
  }

  private static func exportURI(_ target: String, in directory: String) -> String {
    let escaped = (directory + "/nbd.sock").utf8.map { byte in
      let isPlain =
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
        || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
        || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || [0x2f, 0x2d, 0x2e, 0x5f].contains(byte)
      let digits = String(byte, radix: 16, uppercase: true)
      return isPlain ? String(UnicodeScalar(byte)) : "%" + (digits.count == 1 ? "0" : "") + digits
    }
    return "nbd+unix:///\(target)?socket=\(escaped.joined())"
  }

  /// Ends the job if it is this backup's own, and removes its directory.
  static func end(_ domain: Domain?, _ parameters: Parameters) throws {
    if let domain {
      try endJob(of: domain, mark: parameters.mark)
    }
    // What libvirt made on the guest's host, it has removed with the job.
    guard parameters.isServedByTCP != true else { return }
    let directory = parameters.directory
    let names = (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
    for name in names where name == "nbd.sock" || name.hasSuffix(".scratch") {
      unlink("\(directory)/\(name)")
    }
    guard rmdir(directory) == 0 || errno == ENOENT else {
      throw ArchiveOperationError.file(operation: "remove", path: directory, errno: Errno(rawValue: errno))
    }
  }

  /// Ends the backup job that has this mark in its files' names; nothing to do where it has ended or is another's.
  ///
  /// The job ends on libvirt's own time, and so does one whose QEMU is dying: its errors mean nothing as long as
  /// libvirt has not noticed.
  private static func endJob(of domain: Domain, mark: String) throws {
    var failure: any Error = LibvirtError(
      code: .operationTimeout, message: "the backup job does not end")
    var isAsked = false
    for _ in 0..<500 {
      guard try isRunning(domain) else { return }
      do {
        guard let backup = try runningBackup(of: domain), backup.contains(mark) else {
          return waitUntilReleased(domain)
        }
        if !isAsked { try domain.abortJob() }
        isAsked = true
      } catch {
        failure = error
      }
      usleep(20_000)
    }
    throw failure
  }

  /// Waits until libvirt has let go of the scratch files.
  ///
  /// It does so after it has forgotten the backup, in a job of its own, which a query waits for. A process that has the
  /// driver inside and ended before would leave QEMU with files that are removed now: it could not open them again
  /// after a migration, and the guest would stand still for good.
  private static func waitUntilReleased(_ domain: Domain) {
    let targets = (try? GuestDisk.disks(inDomainXML: domain.xml()))?.map(\.target) ?? []
    // A guest that has ended meanwhile holds nothing any more.
    if let target = targets.first { _ = try? domain.blockJob(on: target) }
  }

  /// A guest without a definition is gone once it has ended.
  private static func isRunning(_ domain: Domain) throws -> Bool {
    do {
      return try domain.isActive()
    } catch  where error.code == .noDomain {
      return false
    }
  }

  private static func runningBackup(of domain: Domain) throws -> String? {
    do {
      return try domain.backupXML()
    } catch  where error.code == .noDomainBackup {
      return nil
    }
  }
}
