import DiskIO
import FoundationEssentials
import Glibc
import Libvirt
import Synchronization
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
    /// Whether the guest ran, and is to run again; nil where that is not known.
    var wasRunning: Bool?

    /// What is in the name of every file of this backup and of no other.
    var mark: String { FilePath(directory).lastComponent?.string ?? directory }
  }

  private let domain: Domain
  private let request: GuestArchiveRequest
  private let quiesce: Quiesce
  private let server: BackupServer?
  private var instant: Int64 = 0
  private var result: GuestArchiveResult?
  private var watch: ScratchWatch?
  private let exports = ReadExports()

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
    defer { watch?.stop() }
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
      directory: scratchDirectory(), mayFreeze: mayFreeze, isServedByTCP: server == nil ? nil : true,
      wasRunning: try domain.state().state != .paused)
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
            disks.map { ($0, try $0.openImages()) }, consistency: .filesystem, wasRunning: false, confirm: {})
        }
      ])
    }
    if isHere { try ScratchWatch.requireRoom(in: scratchParents(disks)) }
    let names = disks.map(\.target).joined(separator: ", ")
    let freeze =
      parameters.mayFreeze ? FileSystemFreeze(of: domain, quiesce, isAgentThere: try isAgentThere()) : nil
    let steps = [
      Self.begin(domain, parameters, disks: names) { [self] in
        try begin(disks, leaving: all.filter { !disks.contains($0) }, parameters, freeze)
        if isHere { try startWatch(of: disks, parameters) }
      },
      Step("write the archive '\(request.destination.name)'") { [self] in
        defer { exports.sources.withLock { $0 = [] } }
        let sources = try disks.map { disk in
          let uri = server?.exportURI(disk.target) ?? Self.exportURI(disk.target, in: parameters.directory)
          let source = try NBDSource(uri: uri)
          exports.sources.withLock { $0.append(source) }
          // Whoever ends the backup from now on hangs up; QEMU's end of it waits for every connection.
          try watch?.check()
          return (disk, source as any DiskSource)
        }
        do {
          result = try write(
            sources, consistency: freeze?.hasFrozen == true ? .filesystem : .crash,
            wasRunning: parameters.wasRunning == true
          ) { [self] in
            try watch?.check()
            // Who aborts the job makes QEMU serve the disks as they are then, for a moment, before it serves nothing.
            guard try Self.runningBackup(of: domain)?.contains(parameters.mark) == true else {
              throw GuestArchiveError.backupEnded(domain: domain.name)
            }
          }
        } catch {
          try watch?.check()
          throw error
        }
      },
      Step("end libvirt's backup job") { [self] in
        watch?.stop()
        try Self.end(domain, parameters)
      },
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
    consistency: ArchiveManifest.Guest.Consistency, wasRunning: Bool, confirm: @escaping () throws -> Void
  ) throws -> GuestArchiveResult {
    let writing = GuestArchiveWriting(
      domain: domain, mode: .disks, consistency: consistency, instant: instant, wasRunning: wasRunning,
      isHere: try domain.connection.isLocal(), confirm: confirm)
    return try writing.write(disks, savedMemory: nil, request)
  }

  /// The directories on this host whose file systems take what the guest overwrites.
  private func scratchParents(_ disks: [GuestDisk]) -> [String] {
    if let parent = request.scratchDirectory { return [parent] }
    return server == nil ? [Self.usualParent] : Array(Set(disks.compactMap(\.directory))).sorted()
  }

  private func startWatch(of disks: [GuestDisk], _ parameters: Parameters) throws {
    let directories = server == nil ? [parameters.directory] : scratchParents(disks)
    let watch = ScratchWatch(of: directories) { [domain, exports] in
      // The guest is freed at once, whatever the archive's output is waiting for. As long as QEMU has answers that
      // nobody takes it could not end the job, and the guest's own writes would wait with it.
      exports.hangUp()
      guard let backup = try? Self.runningBackup(of: domain) ?? "" else { return false }
      guard backup.contains(parameters.mark) else { return true }
      try? domain.abortJob()
      return false
    }
    try watch.start()
    self.watch = watch
  }

  /// A directory name that is nobody else's, made later.
  private func scratchDirectory() -> String {
    let parent = request.scratchDirectory ?? Self.usualParent
    return
      "\(parent)/\(Self.directoryPrefix)\(getpid())-\(String(UInt32.random(in: 0...UInt32.max), radix: 36))"
  }

  private static let directoryPrefix = "snapsh-backup-"
  private static let usualParent = "/var/tmp"

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
}

/// The exports that a backup reads, for whoever ends it on another thread.
private final class ReadExports: Sendable {
  let sources = Mutex<[NBDSource]>([])

  func hangUp() {
    sources.withLock { sources in
      for source in sources { source.hangUp() }
    }
  }
}
