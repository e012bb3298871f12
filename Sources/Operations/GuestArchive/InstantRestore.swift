import DiskIO
import Glibc
import Libvirt
import NBDServer
import Synchronization
import SystemPackage
import VMA
import XMLTree

/// Brings a guest up on overlays above an archive that is served, and pulls its data in while it runs.
///
/// The guest runs once its memory is written and the overlays are made; when all its data is in its images, nothing of
/// it needs the archive any more. A failure on the way leaves what was there before: until then the guest has no
/// disks of its own.
public final class InstantRestore {
  private let restore: GuestRestore
  private let archive: IndexedArchive
  private let complaints = Complaints()
  private var server: ArchiveServer?
  private var directory: PrivateDirectory?

  /// What the server has said, of which the first line says why a job failed.
  private final class Complaints: Sendable {
    private let lines = Mutex<[String]>([])
    var first: String? { lines.withLock { $0.first } }
    func add(_ line: String) { lines.withLock { $0.append(line) } }
  }

  /// Reads the archive's header and decides where everything goes; nothing is touched.
  ///
  /// - Parameters:
  ///   - archive: a file that is not compressed.
  ///   - wishes: where things go; the ending is one that brings the guest up, the format nothing or qcow2.
  /// - Throws: ``GuestArchiveError``.
  public init(_ archive: IndexedArchive, _ wishes: GuestRestore.Wishes) throws {
    guard wishes.format == nil || wishes.format?.name == "qcow2" else {
      throw GuestArchiveError.instantNeedsOverlays
    }
    var wishes = wishes
    wishes.format = try ImageFormat("qcow2")
    self.archive = archive
    restore = try GuestRestore(IndexedSource(archive), wishes)
  }

  /// Does it.
  ///
  /// - Parameters:
  ///   - connection: where the guest is made.
  ///   - journalDirectory: where the journal is kept.
  ///   - cancellation: asked whether it is still wanted; until all data is in, the guest goes with it.
  ///   - progress: told of the memory, then of the disks.
  ///   - isUp: called when the guest runs.
  /// - Throws: ``GuestArchiveError`` before anything is touched, else ``PlanFailure``.
  /// - Returns: what was made.
  public func run(
    on connection: Connection, journalDirectory: FilePath?, cancellation: Cancellation,
    progress: (any ProgressReceiver)?, isUp: @escaping (_ name: String) -> Void
  ) throws -> GuestRestore.Result {
    defer { stopServing() }
    let identity = restore.identity()
    let uuid = identity.firstElement(named: "uuid")?.stringValue ?? ""
    var parameters = GuestRestore.Parameters(
      drafts: restore.drafts(), uuid: uuid, ending: restore.wishes.ending)
    parameters.overlays = restore.places.map(\.source)
    let making = GuestMaking(identity.text(layout: .libvirt), parameters, on: connection)
    try making.checkWay(name: restore.name, replaces: restore.wishes.replaces)
    let journal = try journalDirectory.map { directory in
      try OperationJournal(
        in: directory,
        .init(
          operation: GuestRestore.operation, uri: connection.uri(), domainUUID: uuid, domain: restore.name,
          parameters: making.parameters))
    }
    let outputs = RestoreOutputs(replacing: restore.wishes.replaces)
    let meter = Meter(progress, memory: wantedMemory, disks: restore.places.count, archive.index)
    let write = Step(
      "serve '\(archive.path)' and make overlays above it",
      perform: { [self] in
        defer { making.parameters.files = outputs.files }
        making.parameters.serviceDirectory = try serve(on: connection)
        try addOutputs(to: outputs, identity)
        making.parameters.files = outputs.files
        making.parameters.memory = outputs.files.first { $0.place == outputs.saveImage }
        try journal?.update(parameters: making.parameters)
        try copyMemory(into: outputs, cancellation, meter)
        try outputs.finish()
      }, undoing: "remove what was written", undo: { try making.takeFilesAway() })
    var steps = [write]
    steps += making.steps(saveImage: { outputs.saveImage }, naming: { try outputs.nameFiles() })
    steps.append(
      Step(Self.pulling) { [self] in
        isUp(restore.name)
        try pull(on: connection.domain(uuid: uuid), cancellation, meter)
      })
    try Plan(steps, finishing: making.finishingSteps).run(journal: journal, cancellation: cancellation)
    return GuestRestore.Result(
      name: restore.name, uuid: uuid, disks: restore.places, saveImage: nil, guest: restore.manifest?.guest,
      report: nil)
  }

  // MARK: - Serving

  /// Begins to serve, and returns the directory of the socket.
  private func serve(on connection: Connection) throws -> String {
    let directory = try PrivateDirectory()
    self.directory = directory
    let socket = directory.path + "/archive.sock"
    server = try ArchiveServer(
      archive, devices: restore.places.map(\.device), at: .unix(path: socket), log: complaints.add)
    guard let owner = try QemuAccount(of: connection) else { return directory.path }
    for path in [directory.path, socket] where chown(path, owner.user, owner.group) != 0 {
      throw ArchiveOperationError.file(
        operation: "give QEMU's account", path: path, errno: Errno(rawValue: errno))
    }
    return directory.path
  }

  private func stopServing() {
    server?.stop()
    server = nil
    directory = nil
  }

  // MARK: - Files

  private var wantedMemory: Int? {
    restore.wishes.ending.needsMemory ? archive.index.devices.firstIndex { $0.device.isVMState } : nil
  }

  private func addOutputs(to outputs: RestoreOutputs, _ identity: XMLElement) throws {
    for device in archive.index.header.devices {
      if device.isVMState {
        guard wantedMemory != nil else { continue }
        try outputs.addMemory(
          at: restore.memoryPath, domain: identity, restore.manifest,
          resumes: restore.wishes.ending.resumes ?? restore.manifest?.guest?.wasRunning ?? true)
      } else if device.name == restore.manifest?.guest?.nvramDevice, let path = restore.nvramPath {
        try outputs.addDisk(device, at: path, format: .raw)
      } else if let place = restore.places.first(where: { $0.device == device.name }),
        let export = server?.exports.first(where: { $0.device == device.name })
      {
        try outputs.addOverlay(device, at: place.source, above: export.uri)
      }
    }
  }

  /// Copies the memory stream and the UEFI variables, which QEMU does not read through overlays.
  private func copyMemory(
    into outputs: RestoreOutputs, _ cancellation: Cancellation, _ meter: Meter
  ) throws {
    let nvram = restore.manifest?.guest?.nvramDevice
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 4096)
    defer { buffer.deallocate() }
    for (position, device) in archive.index.devices.enumerated()
    where position == wantedMemory || device.device.name == nvram {
      var offset: UInt64 = 0
      let length = device.length
      while offset < length {
        try cancellation.check()
        let piece = UnsafeMutableRawBufferPointer(
          rebasing: buffer[..<Int(min(UInt64(buffer.count), length - offset))])
        try ArchiveOperationError.naming(archive.path) {
          try archive.content.read(into: piece, at: offset, ofDevice: position)
        }
        try outputs.take(
          ArchiveRun(device: device.device, offset: offset, content: .data(UnsafeRawBufferPointer(piece))))
        offset += UInt64(piece.count)
        if position == wantedMemory { meter.memory(offset) }
      }
    }
  }

  // MARK: - Pulling

  private func pull(on domain: Domain, _ cancellation: Cancellation, _ meter: Meter) throws {
    for (index, place) in restore.places.enumerated() {
      let wait = BlockJobWait(on: domain, disk: place.target)
      try domain.blockPull(on: place.target, bandwidth: 0)
      let outcome = try wait.run(.init(timeout: nil, cancellation: cancellation)) {
        meter.disk(index, $0.current, of: $0.end)
      }
      switch outcome {
      case .completed, .ready: meter.diskIsDone(index)
      case .aborted(.interruption): throw CancelledError()
      case .aborted, .failed:
        throw GuestArchiveError.notPulled(target: place.target, reason: complaints.first)
      }
    }
    for place in restore.places where try !Self.standsAlone(place.source) {
      throw GuestArchiveError.notPulled(target: place.target, reason: complaints.first)
    }
  }

  /// Whether a qcow2 image has all its data in itself.
  static func standsAlone(_ path: String) throws -> Bool {
    try QemuImage.information(path: path, format: ImageFormat("qcow2")).backingFile == nil
  }

  /// Whether an instant restore whose process is gone was all but done: every image stands alone, so that the guest needs
  /// nobody. While a file has its first name, no guest has been made of it.
  static func isDone(_ overlays: [String], _ files: [RestoredFile]) -> Bool {
    !overlays.isEmpty && files.allSatisfy(\.isInPlace)
      && overlays.allSatisfy { (try? standsAlone($0)) == true }
  }

  /// The last of its steps.
  static let pulling = "pull the data in"

  /// How far all of it is: the memory, then each disk by the share of its job that is done.
  private final class Meter {
    private let progress: (any ProgressReceiver)?
    private let memoryLength: UInt64
    private let lengths: [UInt64]
    private var memoryDone: UInt64 = 0
    private var done: [UInt64]

    init(_ progress: (any ProgressReceiver)?, memory: Int?, disks: Int, _ index: ArchiveIndex) {
      self.progress = progress
      memoryLength = memory.map { index.devices[$0].length } ?? 0
      let sizes = index.devices.filter { !$0.device.isVMState }.map(\.length)
      lengths = (0..<disks).map { sizes.indices.contains($0) ? sizes[$0] : 0 }
      done = lengths.map { _ in 0 }
    }

    func memory(_ bytes: UInt64) {
      memoryDone = bytes
      report()
    }

    func disk(_ index: Int, _ current: UInt64, of end: UInt64) {
      let share = end == 0 ? 0 : Double(min(current, end)) / Double(end)
      done[index] = max(done[index], UInt64(share * Double(lengths[index])))
      report()
    }

    func diskIsDone(_ index: Int) {
      done[index] = lengths[index]
      report()
    }

    private func report() {
      progress?.report(
        OperationProgress(
          completed: memoryDone + done.reduce(0, +), total: memoryLength + lengths.reduce(0, +), zeros: 0))
    }
  }
}

/// An indexed archive where only its name and header are asked for.
private final class IndexedSource: RestoreSource {
  private let archive: IndexedArchive

  init(_ archive: IndexedArchive) { self.archive = archive }

  var name: String { archive.path }
  var header: ArchiveHeader { archive.index.header }

  /// Nothing: an instant restore reads what it needs from where it stands.
  func readAll(
    progress: (any ProgressReceiver)?, visit: @escaping (ArchiveRun) throws -> Void
  ) throws -> ArchiveReport? { nil }

  func cancellable<Result>(_ step: () throws -> Result) throws -> Result { try step() }
}
