import Libvirt

/// Makes a guest of files that are written: names them, defines the guest, brings it up; and takes all of that back.
final class GuestMaking {
  /// What another process must know to take it back.
  var parameters: GuestRestore.Parameters
  /// Where the guest is made; nil where only its disks are wanted.
  let connection: Connection?
  private let definition: String

  /// - Parameters:
  ///   - definition: the guest's `<domain>` document.
  ///   - parameters: its files, its UUID, and what it replaces.
  ///   - connection: where it is made; nil for its disks alone.
  init(_ definition: String, _ parameters: GuestRestore.Parameters, on connection: Connection?) {
    self.definition = definition
    self.parameters = parameters
    self.connection = connection
  }

  /// Looks for a guest in the way, and notes the one that is replaced.
  ///
  /// - Throws: ``GuestArchiveError``, `LibvirtError`.
  func checkWay(name: String, replaces: Bool) throws {
    guard let connection else { return }
    if let other = try connection.existingDomain(uuid: parameters.uuid), other.name != name {
      throw GuestArchiveError.identityExists(uuid: parameters.uuid, name: other.name)
    }
    guard let former = try connection.existingDomain(named: name) else { return }
    guard replaces else { throw GuestArchiveError.domainExists(name: name) }
    guard try !former.isActive() else {
      throw GuestArchiveError.notReplaceable(name: name, reason: "is running")
    }
    // The new disks under the old memory would be the end of both.
    guard try !former.hasManagedSave() else {
      throw GuestArchiveError.notReplaceable(
        name: name, reason: "has a managed save ('managedsave-remove \(name)' gives it up)")
    }
    parameters.former = try former.xml([.inactive, .secure])
    parameters.formerUUID = try former.uuid()
  }

  /// What follows once the files are written.
  func steps(saveImage: @escaping () -> String?, naming: @escaping () throws -> Void) -> [Step] {
    let ending = parameters.ending
    var steps = [
      Step("give the files their names", perform: naming, undoing: "take the files away again") { [self] in
        try takeFilesAway()
      }
    ]
    guard let connection else { return steps }
    steps.append(
      Step(
        "define the domain", perform: { [self] in try define(on: connection) },
        undoing: "put the domains back as they were defined"
      ) { [self] in try undefine(on: connection) })
    guard ending != .defined else { return steps }
    steps.append(
      Step(
        "bring the domain up",
        perform: { [self] in
          if ending.needsMemory, let image = saveImage() {
            try connection.restore(from: image, ending == .paused ? [.paused] : [])
          } else {
            try connection.domain(uuid: parameters.uuid).start()
          }
        }, undoing: "stop the domain"
      ) { [self] in
        guard let domain = try connection.existingDomain(uuid: parameters.uuid), try domain.isActive() else {
          return
        }
        try domain.destroy()
      })
    return steps
  }

  /// What is done once the guest is made: what was there before goes, and so does the memory that was put back.
  var finishingSteps: [Step] {
    [
      Step("remove what is not needed any more") { [self] in
        if let directory = parameters.serviceDirectory { PrivateDirectory.remove(directory) }
        for file in parameters.files { try file.removeFormer() }
        if parameters.ending.needsMemory { try parameters.memory?.takeAway() }
      }
    ]
  }

  /// Whether the guest is there as it was to be; asked of a process that was lost in the last of the steps.
  func isAchieved() throws -> Bool {
    guard let domain = try connection?.existingDomain(uuid: parameters.uuid) else { return false }
    if let overlays = parameters.overlays { return InstantRestore.isDone(overlays, parameters.files) }
    switch parameters.ending {
    case .started, .resumed, .paused: return try domain.isActive()
    case .defined:
      // A guest that is replaced may have the same UUID.
      let definition = try domain.xml([.inactive, .secure])
      return definition != parameters.former && parameters.files.allSatisfy(\.isInPlace)
    case .disksOnly: return false
    }
  }

  /// Takes the files away, whichever name they have by now, and puts back what they replaced.
  func takeFilesAway() throws {
    try requireOff()
    var first: (any Error)?
    for file in parameters.files {
      do {
        try file.takeAway()
      } catch {
        first = first ?? error
      }
    }
    if let first { throw first }
    // The numbers of files that are gone may be given to others.
    parameters.files = []
  }

  private func define(on connection: Connection) throws {
    // A name belongs to one UUID only.
    if let formerUUID = parameters.formerUUID, formerUUID != parameters.uuid {
      try connection.existingDomain(uuid: formerUUID)?.undefine(.keepNVRAM)
    }
    _ = try connection.defineDomain(xml: definition)
  }

  /// Somebody may have started the guest before what was left of its restore is taken back.
  private func requireOff() throws {
    guard let domain = try connection?.existingDomain(uuid: parameters.uuid) else { return }
    guard try !domain.isActive() else { throw GuestArchiveError.runsMeanwhile(name: domain.name) }
  }

  private func undefine(on connection: Connection) throws {
    try requireOff()
    if parameters.formerUUID != parameters.uuid {
      try connection.existingDomain(uuid: parameters.uuid)?.undefine(.keepNVRAM)
    }
    if let former = parameters.former { _ = try connection.defineDomain(xml: former) }
  }
}
