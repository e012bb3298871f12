import Libvirt

/// Makes a guest of files that are written: names them, defines the guest, brings it up; and takes all of that back.
final class GuestMaking {
  /// What another process must know to take it back.
  var parameters: GuestRestore.Parameters
  /// Where the guest is made; nil where only its disks are wanted.
  let connection: Connection?
  private let definition: String
  /// The name that the guest gets, and whether it may replace another one; nil where it is only taken back.
  private var wanted: (name: String, replaces: Bool)?
  /// Whether somebody else was found to be the first, so that nothing was defined here.
  private var isForestalled = false

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
    wanted = (name, replaces)
    let former = try guestInTheWay()
    parameters.former = former?.definition
    parameters.formerUUID = former?.uuid
  }

  /// Looks again: while a long archive was read, somebody may have made or started a guest of this name or UUID.
  private func recheckWay() throws {
    let former = try guestInTheWay()
    guard let name = wanted?.name,
      former?.definition != parameters.former || former?.uuid != parameters.formerUUID
    else { return }
    throw GuestArchiveError.notReplaceable(name: name, reason: "was defined, changed or undefined meanwhile")
  }

  /// The guest that is replaced, as it is defined now.
  private func guestInTheWay() throws -> (definition: String, uuid: String)? {
    guard let connection, let (name, replaces) = wanted else { return nil }
    if let other = try connection.existingDomain(uuid: parameters.uuid), other.name != name {
      throw GuestArchiveError.identityExists(uuid: parameters.uuid, name: other.name)
    }
    guard let former = try connection.existingDomain(named: name) else { return nil }
    guard replaces else { throw GuestArchiveError.domainExists(name: name) }
    guard try !former.isActive() else {
      throw GuestArchiveError.notReplaceable(name: name, reason: "is running")
    }
    // The new disks under the old memory would be the end of both.
    guard try !former.hasManagedSave() else {
      throw GuestArchiveError.notReplaceable(
        name: name, reason: "has a managed save ('managedsave-remove \(name)' gives it up)")
    }
    return (try former.xml([.inactive, .secure]), try former.uuid())
  }

  /// What follows once the files are written.
  func steps(saveImage: @escaping () -> String?, naming: @escaping () throws -> Void) -> [Step] {
    let ending = parameters.ending
    var steps = [
      Step(
        "give the files their names",
        perform: { [self] in
          try recheckWay()
          try naming()
        }, undoing: "take the files away again", undo: { [self] in try takeFilesAway() })
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
        guard let domain = try ownGuest(), try domain.isActive() else { return }
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

  /// Notes of the files, which have their names now, that nobody has used them yet.
  func seal(in journal: OperationJournal?) throws {
    // The memory is gone once it was put back.
    parameters.files = try parameters.files.map { try $0 == parameters.memory ? $0 : $0.sealedNow() }
    try journal?.update(parameters: parameters)
  }

  /// The first of the steps with which the guest may be there, be it that somebody else has started it; nil for the last one.
  ///
  /// Of a process that served the guest's data only the last step makes the guest whole.
  var firstAchieving: Int? {
    parameters.ending == .disksOnly || parameters.overlays != nil ? nil : 2
  }

  /// Whether the guest is there as it was to be, or has been since; asked of a process that was lost.
  func isAchieved() throws -> Bool {
    if parameters.ending == .disksOnly {
      return !parameters.files.isEmpty && parameters.files.allSatisfy(\.isInPlace)
    }
    guard let domain = try ownGuest() else { return false }
    if let overlays = parameters.overlays { return InstantRestore.isDone(overlays, parameters.files) }
    switch parameters.ending {
    case .started, .resumed, .paused: return try domain.isActive() || writtenFile() != nil
    case .defined:
      // A guest that is replaced may have the same UUID.
      let definition = try domain.xml([.inactive, .secure])
      return definition != parameters.former && parameters.files.allSatisfy(\.isInPlace)
    case .disksOnly: return false
    }
  }

  /// Takes the files away, whichever name they have by now, and puts back what they replaced.
  func takeFilesAway() throws {
    guard !parameters.files.isEmpty else { return }
    try requireUnused()
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
    do {
      try recheckWay()
    } catch {
      isForestalled = true
      throw error
    }
    // A name belongs to one UUID only.
    if let formerUUID = parameters.formerUUID, formerUUID != parameters.uuid {
      try connection.existingDomain(uuid: formerUUID)?.undefine(.keepNVRAM)
    }
    _ = try connection.defineDomain(xml: definition)
  }

  /// The guest of this UUID where it is the one that was made here, which somebody may have started meanwhile.
  ///
  /// Another one of the same archive, which somebody else has made meanwhile, stands on other files.
  private func ownGuest() throws -> Domain? {
    guard let domain = try connection?.existingDomain(uuid: parameters.uuid) else { return nil }
    // Without files there is nothing to tell it by.
    guard !parameters.files.isEmpty else { return domain }
    let sources = try DiskChain.chains(inDomainXML: domain.xml(domain.isActive() ? [] : [.inactive]))
      .flatMap(\.images).map(\.path)
    return parameters.files.contains { sources.contains($0.place) && $0.isInPlaceOrGone } ? domain : nil
  }

  /// Somebody may have started the guest before what was left of its restore is taken back, and have written to its disks.
  private func requireUnused() throws {
    if let domain = try ownGuest(), try domain.isActive() {
      throw GuestArchiveError.runsMeanwhile(name: domain.name)
    }
    // What the guest wrote while this very process brought it up goes with it.
    guard wanted == nil, let file = try writtenFile() else { return }
    throw GuestArchiveError.writtenMeanwhile(path: file.place)
  }

  /// A file that somebody has written to since it was sealed.
  private func writtenFile() throws -> RestoredFile? {
    try parameters.files.first { try $0.isWrittenSince() }
  }

  private func undefine(on connection: Connection) throws {
    guard !isForestalled else { return }
    try requireUnused()
    let own = try ownGuest()
    if parameters.formerUUID != parameters.uuid { try own?.undefine(.keepNVRAM) }
    guard let former = parameters.former, let uuid = parameters.formerUUID else { return }
    // What is neither the guest that was made nor gone was never replaced, or was made by somebody else since.
    guard try connection.existingDomain(uuid: uuid) == nil || (uuid == parameters.uuid && own != nil) else {
      return
    }
    _ = try connection.defineDomain(xml: former)
  }
}
