import DiskIO
import Glibc
import Libvirt

/// Memory and disks of a guest that is stopped for it: managed save, archive, start again.
///
/// A guest that is shut off with a managed save is archived with it and stays off; one without has no memory to archive.
/// The archive is complete once it has its name, whatever becomes of the start.
public final class ColdSnapshot {
  /// The journal's name of it.
  public static let operation = "cold-snapshot"

  /// What another process must know to take it back.
  struct Parameters: Codable, Equatable {
    /// Whether the guest is started again.
    var startsAgain: Bool
    /// The devices of the host that it is given back then.
    var hostDevices: HostDevices?
  }

  private let domain: Domain
  private let request: GuestArchiveRequest
  private let saveFlags: DomainSaveFlags
  private let saveDirectory: String?
  private let detachesHostDevices: Bool
  private let saveProgress: (JobInfo) -> Void
  private var result: GuestArchiveResult?

  /// Prepares the work; nothing is touched.
  ///
  /// - Parameters:
  ///   - domain: a guest of the QEMU driver on this host.
  ///   - request: what is archived, and where to.
  ///   - saveFlags: how its memory is saved.
  ///   - saveDirectory: where libvirt keeps managed saves, when that is not its usual place.
  ///   - detachesHostDevices: whether devices of the host are taken from a running guest before, and given back after.
  ///   - saveProgress: told about the save.
  public init(
    _ domain: Domain, _ request: GuestArchiveRequest, saveFlags: DomainSaveFlags = [],
    saveDirectory: String? = nil, detachesHostDevices: Bool = false,
    saveProgress: @escaping (JobInfo) -> Void = { _ in }
  ) {
    self.domain = domain
    self.request = request
    self.saveFlags = saveFlags
    self.saveDirectory = saveDirectory
    self.detachesHostDevices = detachesHostDevices
    self.saveProgress = saveProgress
  }

  /// What would be done; asks the guest, touches nothing.
  ///
  /// - Throws: ``GuestArchiveError`` for what cannot be archived this way, `LibvirtError`.
  public func plan() throws -> Plan { try plan(parameters()) }

  private func parameters() throws -> Parameters {
    guard try domain.isActive() else { return Parameters(startsAgain: false) }
    let devices = try detachesHostDevices ? HostDevices(inDomainXML: domain.xml()) : nil
    return Parameters(startsAgain: true, hostDevices: devices?.isEmpty == true ? nil : devices)
  }

  private func plan(_ parameters: Parameters) throws -> Plan {
    let driver = try domain.connection.driver()
    guard driver == "QEMU" else { throw GuestArchiveError.driverWithoutMemory(driver: driver) }
    try request.requireLocal(domain)
    let state = try domain.state().state
    let isActive = try domain.isActive()
    guard try isActive || domain.hasManagedSave() else {
      throw GuestArchiveError.notRunning(domain: domain.name)
    }
    let disks = try request.selection.of(
      GuestDisk.disks(inDomainXML: domain.xml()), domain: domain.name)
    if let remote = disks.first(where: { !$0.isLocal }) {
      throw GuestArchiveError.diskNotLocal(target: remote.target, type: remote.type)
    }
    let saved = try savedMemoryPath()
    var steps: [Step] = []
    if let devices = parameters.hostDevices {
      steps.append(
        Self.detach(devices, from: domain) { [domain, request] in
          try devices.detach(from: domain, cancellation: request.cancellation)
        })
    }
    if isActive { steps.append(Self.save(domain, parameters, perform: save)) }
    let archiving = Step("write the archive '\(request.destination.name)'") { [self] in
      result = try archive(disks, savedMemory: saved, wasRunning: isActive ? state != .paused : nil)
    }
    steps.append(archiving)
    if isActive {
      steps.append(Step("start '\(domain.name)' from its saved memory") { [domain] in try domain.start() })
    }
    if let devices = parameters.hostDevices {
      steps.append(
        Step("give '\(domain.name)' its host devices back: \(devices.names)") { [domain] in
          try devices.attach(to: domain)
        })
    }
    return Plan(steps)
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
    guard let result else { throw GuestArchiveError.notRunning(domain: domain.name) }
    return result
  }

  /// The steps that another process can take back.
  static func interrupted(_ parameters: Parameters, on domain: Domain?) -> Plan {
    guard let domain, parameters.startsAgain else { return Plan([]) }
    let devices = parameters.hostDevices.map { [detach($0, from: domain) {}] } ?? []
    return Plan(devices + [save(domain, parameters) {}])
  }

  private static func detach(
    _ devices: HostDevices, from domain: Domain, perform: @escaping () throws -> Void
  ) -> Step {
    Step(
      "take the host devices \(devices.names) from '\(domain.name)'", perform: perform,
      undoing: "give '\(domain.name)' its host devices back"
    ) {
      guard try domain.isActive() else { return }
      try devices.attach(to: domain)
    }
  }

  private static func save(
    _ domain: Domain, _ parameters: Parameters, perform: @escaping () throws -> Void
  ) -> Step {
    Step(
      "save the memory of '\(domain.name)' and stop it", perform: perform,
      undoing: "start '\(domain.name)' from its saved memory"
    ) {
      guard try !domain.isActive(), try domain.hasManagedSave() else { return }
      try domain.start()
    }
  }

  private func save() throws {
    let flags = saveFlags
    try BlockingDomainCall(on: domain) { (domain) throws(LibvirtError) in try domain.managedSave(flags) }
      .run(cancellation: request.cancellation, progress: saveProgress)
  }

  private func savedMemoryPath() throws -> String {
    let uri = try domain.connection.uri()
    guard let directory = saveDirectory ?? ManagedSaveFile.directory(uri: uri) else {
      throw GuestArchiveError.managedSaveElsewhere(uri: uri)
    }
    return "\(directory)/\(domain.name).save"
  }

  // A nil `wasRunning` is a guest that somebody saved long ago: when, and whether it ran, only the save knows.
  private func archive(_ disks: [GuestDisk], savedMemory: String, wasRunning: Bool?) throws
    -> GuestArchiveResult
  {
    var instant = Int64(time(nil))
    if wasRunning == nil {
      var status = stat()
      if stat(savedMemory, &status) == 0 { instant = Int64(status.st_mtim.tv_sec) }
    }
    let writing = GuestArchiveWriting(
      domain: domain, mode: .cold, consistency: .memory, instant: instant, wasRunning: wasRunning)
    return try writing.write(
      disks.map { ($0, try $0.openImages()) }, savedMemory: savedMemory, request)
  }
}
