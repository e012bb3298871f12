import DiskIO
import Glibc
import Libvirt
import XMLTree

extension ExternalReversion {
  /// Decides everything, and refuses what cannot be done; touches nothing.
  ///
  /// - Parameters:
  ///   - snapshot: Where to go back to: an external snapshot.
  ///   - options: What the person wants.
  /// - Throws: ``ReversionError``, libvirt's error, or `DiskIOError`.
  public init(to snapshot: DomainSnapshot, _ options: Options) throws {
    let domain = snapshot.domain
    guard try domain.isPersistent() else { throw ReversionError.transient(domain: domain.name) }
    try domain.requireImagesHere()
    let family = try SnapshotFamily(of: domain)
    let files = try SnapshotFiles(of: snapshot)
    guard let past = files.definition else { throw ReversionError.noDefinition(snapshot: files.name) }
    try family.requireNoDiskJobs()
    if try !domain.checkpoints().isEmpty { throw ReversionError.checkpoints(domain: domain.name) }
    try Self.requireWhole(files, in: family, past: past, forces: options.forces)

    self.snapshot = files.name
    self.domain = domain.name
    definitionBefore = try domain.xml([.inactive, .secure])
    endingBefore = try Ending(of: domain)
    currentBefore = family.current
    var names = FreshNames()
    disks = try files.externalDisks.map { disk in
      guard let frozen = disk.frozen else {
        throw ReversionError.noPath(snapshot: files.name, disk: disk.target)
      }
      let format = disk.overlay?.format ?? "qcow2"
      return Disk(
        target: disk.target, frozen: frozen,
        fresh: .init(path: names.path(beside: frozen.path, named: files.name, from: 2), format: format))
    }
    branch =
      options.discards
      ? nil
      : try Self.branch(options, of: family, leaving: files, state: endingBefore, names: &names)

    // A disk that does not go back stays what it is: below the overlay that keeping it puts on top.
    var places = Dictionary(
      family.persistentDisks.compactMap { disk in disk.top.map { (disk.target, $0) } },
      uniquingKeysWith: { first, _ in first })
    places.merge(branch?.overlays ?? [:]) { $1 }
    places.merge(disks.map { ($0.target, $0.fresh) }) { $1 }
    let now = try XMLDocument.parse(definitionBefore).root
    var next = past.withDisks(at: places)
    next.name = "domain"
    next.prefix = nil
    next.editElements(named: "name") { $0.setText(domain.name) }
    // What snapsh notes of the disks in force has nothing to do with those of that time.
    next = next.takingMetadata(from: now)
    definition = next.text(layout: .libvirt)

    memoryFile = files.memoryFile
    restoredDefinition = try files.memoryFile.map { file in
      let saved = try XMLDocument.parse(domain.connection.saveImageXML(of: file, secure: true)).root
      return try ManagedSaveDisks(of: next).taken(over: saved).text(layout: .libvirt)
    }
    ending = options.ending ?? Ending(of: files)
    resetsNVRAM = options.resetsNVRAM
    dropsManagedSave = options.dropsManagedSave

    let needed = Self.needed(in: family, keepingPresent: branch != nil, disks: disks)
    let stale = files.externalDisks.compactMap(\.overlay).filter { !needed.contains($0.path) }
    documentBefore = files.document.text(layout: .libvirt)
    let overlays = disks.filter { disk in
      !files.externalDisks.contains {
        $0.target == disk.target && $0.overlay.map { needed.contains($0.path) } ?? false
      }
    }
    document = files.withOverlays(
      Dictionary(uniqueKeysWithValues: overlays.map { ($0.target, $0.fresh) })
    ).text(layout: .libvirt)
    var unneeded = stale.map(\.path)
    if branch == nil {
      for disk in disks {
        // The lowest image of a chain may have been somebody's before any snapshot was.
        unneeded += family.visiblePaths(of: disk.target).dropLast().filter { !needed.contains($0) }
      }
    }
    // What somebody may stand on stays.
    if family.chains.failure != nil { unneeded = [] }
    self.unneeded = unneeded.reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
  }

  /// Refuses a snapshot whose state cannot be had back.
  private static func requireWhole(
    _ files: SnapshotFiles, in family: SnapshotFamily, past: XMLElement, forces: Bool
  ) throws {
    if files.disks.contains(where: { $0.location == "internal" }) || files.memoryLocation == "internal" {
      throw ReversionError.mixed(snapshot: files.name)
    }
    for disk in files.disks where disk.location == "manual" && !forces {
      throw ReversionError.manualDisk(snapshot: files.name, disk: disk.target)
    }
    for disk in files.externalDisks {
      guard let now = family.disks.first(where: { $0.target == disk.target }) else {
        throw ReversionError.noDisk(domain: family.domain.name, disk: disk.target)
      }
      guard let frozen = disk.frozen, ["file", "block"].contains(now.type) else {
        throw ReversionError.noPath(snapshot: files.name, disk: disk.target)
      }
      do {
        _ = try family.chains.chain(of: frozen)
      } catch {
        throw ReversionError.unreadable(
          by: files.title, path: frozen.path, reason: String(describing: error))
      }
      if now.top?.path == frozen.path {
        throw ReversionError.overwritten(snapshot: files.name, disk: disk.target, path: frozen.path)
      }
    }
    if let memory = files.memoryFile, access(memory, R_OK) != 0 {
      throw ReversionError.unreadable(
        by: files.title, path: memory, reason: String(cString: strerror(errno)))
    }
    guard files.memoryFile != nil, !forces else { return }
    if files.externalDisks.isEmpty { throw ReversionError.memoryOnly(snapshot: files.name) }
    let taken = Set(files.externalDisks.map(\.target))
    let left = DiskChain.chains(in: past).first { disk in
      disk.isWritable && disk.top != nil && !taken.contains(disk.target)
    }
    if let left { throw ReversionError.memoryWithoutDisk(snapshot: files.name, disk: left.target) }
  }

  /// The snapshot that keeps what the guest is now: every disk that can be kept, and its memory.
  private static func branch(
    _ options: Options, of family: SnapshotFamily, leaving files: SnapshotFiles, state: Ending,
    names: inout FreshNames
  ) throws -> Branch {
    let name: String
    if let wanted = options.branchName {
      guard family[wanted] == nil else { throw ReversionError.nameTaken(wanted) }
      name = wanted
    } else {
      let plain = "before-\(files.name)"
      var number = 2
      var candidate = plain
      while family[candidate] != nil {
        candidate = "\(plain)-\(number)"
        number += 1
      }
      name = candidate
    }
    let keepsMemory = options.keepsMemory && state != .shutoff
    let back = Set(files.externalDisks.map(\.target))
    let disks = family.disks.filter { disk in
      disk.top != nil && disk.isWritable && (back.contains(disk.target) || keepsMemory)
    }
    let overlays = disks.compactMap { disk in
      disk.top.map { top in
        (
          disk.target,
          DiskChain.Image(path: names.path(beside: top.path, named: name, from: 1), format: "qcow2")
        )
      }
    }
    let place = files.memoryFile ?? disks.first?.top?.path
    let memory =
      keepsMemory
      ? place.map { names.path(beside: $0, named: name + ".memory", from: 1) } : nil
    return Branch(
      name: name, memoryFile: memory, overlays: Dictionary(overlays, uniquingKeysWith: { first, _ in first }))
  }

  /// Everything that must be there afterwards, as far as the images can be read.
  private static func needed(
    in family: SnapshotFamily, keepingPresent keeps: Bool, disks: [Disk]
  ) -> Set<String> {
    var needed = Set(family.snapshots.compactMap(\.memoryFile))
    let frozen = family.snapshots.flatMap(\.disks).compactMap(\.frozen) + disks.map(\.frozen)
    for image in frozen { needed.formUnion(family.chains.visiblePaths(of: image)) }
    let back = Set(disks.map(\.target))
    for disk in family.disks + family.persistentDisks where keeps || !back.contains(disk.target) {
      if let top = disk.top { needed.formUnion(family.chains.visiblePaths(of: top)) }
    }
    return needed
  }
}

extension ExternalReversion.Ending {
  /// A domain's state now.
  init(of domain: Domain) throws(LibvirtError) {
    guard try domain.isActive() else {
      self = .shutoff
      return
    }
    self = try domain.state().state == .paused ? .paused : .running
  }

  /// The state that a snapshot leads to by itself: as libvirt has it, off where it holds no memory.
  init(of files: SnapshotFiles) {
    switch files.state {
    case "paused" where files.memoryFile != nil: self = .paused
    case _ where files.memoryFile != nil: self = .running
    default: self = .shutoff
    }
  }
}

extension DiskChain {
  /// Whether the guest can change it.
  var isWritable: Bool { !isReadOnly && device != "cdrom" && device != "floppy" }
}

/// Names for new files beside others, none taken and none given twice.
struct FreshNames {
  private var given: Set<String> = []

  /// A path in the directory of `path`: its name without the last extension, `.name`, and a number unless the plain
  /// name is free and `first` is 1.
  mutating func path(beside path: String, named name: String, from first: Int) -> String {
    let slash = path.lastIndex(of: "/").map { path.index(after: $0) } ?? path.startIndex
    let file = path[slash...]
    let stem = file.lastIndex(of: ".").map { file[..<$0] } ?? file
    var number = first
    while true {
      let candidate = "\(path[..<slash])\(stem).\(name)" + (number == 1 ? "" : "-\(number)")
      var status = stat()
      if lstat(candidate, &status) != 0, given.insert(candidate).inserted { return candidate }
      number += 1
    }
  }
}
