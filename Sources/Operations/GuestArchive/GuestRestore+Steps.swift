import DiskIO
import Libvirt
import SystemPackage
import VMA
import XMLTree

extension GuestRestore {
  /// The journal's name of it.
  public static let operation = "restore"

  /// What another process must know to take it back.
  struct Parameters: Codable, Equatable {
    /// What the files that it makes are called while they are written.
    var drafts: [String] = []
    /// The files that it makes, known once it has begun them.
    var files: [RestoredFile] = []
    /// The one of them that is gone once the memory was put back.
    var memory: RestoredFile?
    /// The guest's UUID.
    var uuid: String
    /// What becomes of the guest.
    var ending: Ending
    /// The definition that is replaced; nil where none is.
    var former: String?
    /// Its UUID.
    var formerUUID: String?
    /// Images that stand on an archive which only this process serves, until their data is pulled in; nil where none do.
    var overlays: [String]?
    /// The directory of the socket at which it does; nil where there is none.
    var serviceDirectory: String?
  }

  /// Does it.
  ///
  /// - Parameters:
  ///   - connection: where the guest is made; not needed for disks alone.
  ///   - journalDirectory: where the journal is kept; none where there is no such directory.
  ///   - cancellation: asked whether it is still wanted.
  ///   - progress: told every few MiB.
  /// - Throws: ``GuestArchiveError`` before anything is touched, else ``PlanFailure``.
  /// - Returns: what was made.
  public func run(
    on connection: Connection?, journalDirectory: FilePath? = nil,
    cancellation: Cancellation = Cancellation(),
    progress: (any ProgressReceiver)?
  ) throws -> Result {
    let identity = identity()
    let uuid = identity.firstElement(named: "uuid")?.stringValue ?? ""
    let making = GuestMaking(
      identity.text(layout: .libvirt), Parameters(drafts: drafts(), uuid: uuid, ending: wishes.ending),
      on: wishes.ending == .disksOnly ? nil : connection)
    try making.checkWay(name: name, replaces: wishes.replaces)
    let journal = try journalDirectory.map { directory in
      try OperationJournal(
        in: directory,
        .init(
          operation: Self.operation, uri: making.connection?.uri() ?? "", domainUUID: uuid, domain: name,
          parameters: making.parameters))
    }
    let outputs = RestoreOutputs(replacing: wishes.replaces)
    var report: ArchiveReport?
    let write = Step(
      "write what '\(archive.name)' holds", undoing: "remove what was written"
    ) {
      try making.takeFilesAway()
    } perform: { [self] in
      defer { making.parameters.files = outputs.files }
      try add(to: outputs, identity)
      making.parameters.files = outputs.files
      making.parameters.memory = outputs.files.first { $0.place == outputs.saveImage }
      try journal?.update(parameters: making.parameters)
      report = try archive.cancellable {
        let report = try archive.readAll(progress: progress, visit: outputs.take)
        try outputs.finish()
        return report
      }
    }
    let plan = Plan(
      [write]
        + making.steps(saveImage: { outputs.saveImage }) {
          try outputs.nameFiles()
          try making.seal(in: journal)
        },
      finishing: making.finishingSteps)
    try plan.run(journal: journal, cancellation: cancellation)
    return Result(
      name: name, uuid: making.connection == nil ? nil : uuid, disks: places,
      saveImage: wishes.ending.needsMemory ? nil : outputs.saveImage, guest: manifest?.guest, report: report)
  }

  /// The steps that another process can take back, or finish once the guest is made.
  ///
  /// - Parameters:
  ///   - journal: of the process that is gone.
  ///   - connection: to where the guest was to be made; nil where its disks alone were.
  /// - Throws: what a damaged journal causes.
  /// - Returns: the steps.
  static func interrupted(_ journal: OperationJournal, on connection: Connection?) throws -> Plan {
    let making = GuestMaking("", try journal.record.parameters(as: Parameters.self), on: connection)
    let write = Step("write what the archive holds", undoing: "remove what was written") {
      if let directory = making.parameters.serviceDirectory { PrivateDirectory.remove(directory) }
      try making.takeFilesAway()
      for path in making.parameters.drafts {
        _ = try UnfinishedFile.remove(of: path, writtenBy: journal.record.processID)
      }
    } perform: {
    }
    var steps = [write] + making.steps(saveImage: { nil }, naming: {})
    if making.parameters.overlays != nil { steps.append(Step(InstantRestore.pulling) {}) }
    return Plan(
      steps, finishing: making.finishingSteps, achievedFrom: making.firstAchieving,
      isAchieved: making.isAchieved)
  }

  /// Where the memory is until it is put back.
  var memoryPath: String { "\(directory)/\(name).memory.save" }

  /// Everything that may be written, under the names that it has before it takes another file's place.
  func drafts() -> [String] {
    (places.map(\.source) + [nvramPath, memoryPath].compactMap { $0 })
      .flatMap { [$0, RestoreOutputs.nameBeside($0)] }
  }

  private func add(to outputs: RestoreOutputs, _ identity: XMLElement) throws {
    for device in archive.header.devices {
      if device.isVMState {
        guard wishes.ending != .disksOnly, wishes.ending != .started else { continue }
        try outputs.addMemory(
          at: memoryPath, domain: identity, manifest,
          resumes: wishes.ending.resumes ?? manifest?.guest?.wasRunning ?? true)
      } else if device.name == manifest?.guest?.nvramDevice, let path = nvramPath {
        try outputs.addDisk(device, at: path, format: .raw)
      } else if let place = places.first(where: { $0.device == device.name }) {
        try outputs.addDisk(
          device, at: place.source, format: ImageFormat(place.format), preallocation: wishes.preallocation)
      }
    }
  }
}

extension Step {
  /// A step whose undo is told first, where it is the shorter of the two.
  fileprivate init(
    _ description: String, undoing undoDescription: String, undo: @escaping () throws -> Void,
    perform: @escaping () throws -> Void
  ) {
    self.init(description, perform: perform, undoing: undoDescription, undo: undo)
  }
}
