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
    /// The files that it makes, known once it has begun them.
    var files: [RestoredFile] = []
    /// The guest's UUID.
    var uuid: String
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
  ///   - journalDirectory: where the journal of a guest that is made is kept; none where there is no such directory.
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
      identity.text(layout: .libvirt), Parameters(uuid: uuid),
      on: wishes.ending == .disksOnly ? nil : connection)
    try making.checkWay(name: name, replaces: wishes.replaces)
    let journal = try journalDirectory.flatMap { directory in
      try making.connection.map { connection in
        try OperationJournal(
          in: directory,
          .init(
            operation: Self.operation, uri: connection.uri(), domainUUID: uuid, domain: name,
            parameters: making.parameters))
      }
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
      try journal?.update(parameters: making.parameters)
      report = try archive.cancellable {
        let report = try archive.readAll(progress: progress, visit: outputs.take)
        try outputs.finish()
        return report
      }
    }
    let plan = Plan(
      [write]
        + making.steps(ending: wishes.ending, saveImage: { outputs.saveImage }) {
          try outputs.nameFiles()
        })
    try plan.run(journal: journal, cancellation: cancellation)
    outputs.keep(saveImage: !wishes.ending.needsMemory)
    return Result(
      name: name, uuid: making.connection == nil ? nil : uuid, disks: places,
      saveImage: wishes.ending.needsMemory ? nil : outputs.saveImage, guest: manifest?.guest, report: report)
  }

  /// The steps that another process can take back.
  static func interrupted(_ parameters: Parameters, on connection: Connection) throws -> Plan {
    if let directory = parameters.serviceDirectory { PrivateDirectory.remove(directory) }
    if try InstantRestore.isDone(parameters) { return Plan([]) }
    let making = GuestMaking("", parameters, on: connection)
    let write = Step("write what the archive holds", undoing: "remove what was written") {
      try making.takeFilesAway()
    } perform: {
    }
    return Plan([write] + making.steps(ending: .resumed, saveImage: { nil }) {})
  }

  private func add(to outputs: RestoreOutputs, _ identity: XMLElement) throws {
    for device in archive.header.devices {
      if device.isVMState {
        guard wishes.ending != .disksOnly, wishes.ending != .started else { continue }
        try outputs.addMemory(
          at: "\(directory)/\(name).memory.save", domain: identity, manifest,
          resumes: wishes.ending != .paused && manifest?.guest?.wasRunning ?? true)
      } else if device.name == manifest?.guest?.nvramDevice, let path = nvramPath {
        try outputs.addDisk(device, at: path, format: .raw)
      } else if let place = places.first(where: { $0.device == device.name }) {
        try outputs.addDisk(device, at: place.source, format: ImageFormat(place.format))
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
