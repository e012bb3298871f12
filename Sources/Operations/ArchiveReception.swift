import Compression
import DiskIO
import Glibc
import NBDServer
import SystemPackage
import VMA

/// Makes an archive of what QEMU sends: the memory stream to one socket, the disks to NBD exports.
///
/// The disks may come in any order, side by side and beside the memory. Only clusters of which parts have come are
/// held back, and zeros. A failure or a cancellation leaves no file.
public struct ArchiveReception {
  /// A disk that is awaited.
  public struct Drive: Equatable, Sendable {
    /// The device's name in the archive, and the export's.
    public let name: String
    /// Bytes.
    public let size: UInt64
    /// Where it is served; drives of one address are told apart by their names.
    public let address: SocketAddress

    /// A disk of `size` bytes.
    public init(name: String, size: UInt64, address: SocketAddress) {
      self.name = name
      self.size = size
      self.address = address
    }
  }

  /// When all has come.
  public enum Ending: Equatable, Sendable {
    /// When the last client that has written has gone.
    case lastDisconnection
    /// When so many drives are complete and nobody is connected any more.
    case completeDrives(Int)
  }

  /// What is awaited, and how.
  public struct Request: Sendable {
    /// Where the memory stream is awaited; nil where none is.
    public var memory: SocketAddress?
    /// The longest memory stream that there is room for, in bytes.
    public var memoryLimit: UInt64 = 1 << 40
    /// The disks, in the order of the archive.
    public var drives: [Drive] = []
    /// Blobs for the header.
    public var configs: [ArchiveConfig] = []
    /// When all has come.
    public var ending = Ending.lastDisconnection
    /// Whether what nobody writes is zero; else a disk must be written as a whole.
    public var treatsUnwrittenAsZero = false
    /// Seconds without a byte after which the archive fails; nil for ever.
    public var timeout: Int?
    /// Bytes of memory for clusters of which parts have come; the rest of them waits in a file.
    public var gatheringMemory = 64 << 20
    /// The directory of that file.
    public var scratchDirectory = "/var/tmp"
    /// How the archive is compressed; nil leaves it as it is. What is compressed never learns the memory's length.
    public var compression: CompressionSetting?
    /// Whether clients are kept from knowing that the archive has failed: QEMU would hand an error of a backup's
    /// target on to a guest that writes at that moment.
    public var hidesFailures = false

    /// Nothing is awaited yet.
    public init() {}
  }

  /// What came of it.
  public struct Result: Sendable {
    /// What was written.
    public let archive: ArchiveSummary
    /// Bytes of the memory stream.
    public let memoryLength: UInt64?
  }

  private let request: Request
  private let progress: (any ProgressReceiver)?
  private let log: (@Sendable (String) -> Void)?
  private let cancellation: Cancellation

  /// Prepares the work; nothing is touched.
  ///
  /// - Parameters:
  ///   - request: what is awaited.
  ///   - progress: told now and then how much of the disks has come.
  ///   - log: told of clients that broke the protocol, on any thread.
  ///   - cancellation: asked all the time.
  public init(
    _ request: Request, progress: (any ProgressReceiver)?, log: (@Sendable (String) -> Void)?,
    cancellation: Cancellation
  ) {
    self.request = request
    self.progress = progress
    self.log = log
    self.cancellation = cancellation
  }

  /// Listens, receives what others send by themselves, and completes the archive.
  ///
  /// - Parameters:
  ///   - destination: where to.
  ///   - ready: called when all sockets listen.
  /// - Throws: ``ArchiveReceptionError``, ``ArchiveOperationError``, `NBDServerError`, `DiskIOError`, ``CancelledError``.
  /// - Returns: what was written.
  public func run(to destination: ArchiveDestination, ready: () throws -> Void) throws -> Result {
    try withoutActuallyEscaping(ready) { try run(to: destination, from: Strangers(ready: $0)) }
  }

  /// Listens, has somebody send, receives, and completes the archive.
  ///
  /// - Parameters:
  ///   - destination: where to.
  ///   - sender: who makes the guest send.
  /// - Throws: as ``run(to:ready:)``, and what the sender throws.
  /// - Returns: what was written.
  func run(to destination: ArchiveDestination, from sender: any ArchiveSender) throws -> Result {
    try checkDrives()
    let uuid = ArchiveUUID.random()
    let creationTime = Int64(time(nil))
    // What is compressed cannot be written again.
    let isRevisable = destination.isFile && request.compression == nil
    func header(memory: ReceivedManifest.Memory) throws -> ArchiveHeader {
      let manifest = ReceivedManifest(request, memory: memory, guest: sender.guest)
      return ArchiveHeader(
        uuid: uuid, creationTime: creationTime, configs: try manifest.configs(),
        devices: try manifest.devices())
    }
    return try ArchiveOperationError.naming(destination.name) {
      // A file is told the stream's length when that is known; what cannot be written again never learns it.
      let first = try header(memory: isRevisable ? .toBeRevised : .unknown)
      _ = try first.encoded()
      let sockets = try Sockets(request)
      let opened = try OpenDestination.open(
        destination, compression: request.compression, cancellation: cancellation)
      let writer = try ArchiveWriter(header: first, output: opened.output)
      let archive = ReceivedArchive(
        writer, disks: zip(first.devices.filter { !$0.isVMState }, request.drives).map { ($0, $1.size) },
        treatsUnwrittenAsZero: request.treatsUnwrittenAsZero,
        gathering: ClusterGathering(
          memory: request.gatheringMemory, spillDirectory: request.scratchDirectory))
      do {
        let memoryLength = try receive(archive, sockets, first, from: sender)
        let summary = try archive.finish { writer in
          guard isRevisable, memoryLength != nil || sender.guest != nil else { return }
          try opened.rewriteBeginning(writer.reviseHeader(header(memory: .known(memoryLength ?? 0))))
        }
        try opened.complete(sync: archive.isToBeSynced)
        return Result(archive: summary, memoryLength: memoryLength)
      } catch {
        archive.abort()
        try cancellation.check()
        throw error
      }
    }
  }

  private func checkDrives() throws(ArchiveReceptionError) {
    guard request.memory != nil || !request.drives.isEmpty else { throw .nothingToReceive }
    var names: Set<String> = []
    for drive in request.drives {
      guard names.insert(drive.name).inserted else { throw .duplicateDrive(drive.name) }
      guard drive.name != Layout.vmstateName else { throw .reservedName(drive.name) }
      guard drive.size > 0 else { throw .emptyDrive(drive.name) }
    }
  }

  /// Serves until all has come, or the archive has failed.
  ///
  /// - Returns: the length of the memory stream, where one was awaited.
  private func receive(
    _ archive: ReceivedArchive, _ sockets: Sockets, _ header: ArchiveHeader, from sender: any ArchiveSender
  ) throws -> UInt64? {
    let devices = header.devices.filter { !$0.isVMState }
    let disks = zip(devices, request.drives).map {
      ReceivedDisk($0, size: $1.size, of: archive, hidesFailures: request.hidesFailures)
    }
    let memory = header.devices.first(where: \.isVMState).flatMap { device in
      sockets.memory.map { MemoryReception(from: $0, into: archive, device: device) }
    }
    let offers = sockets.drives.map { address, socket in
      NBDServer.Offer(
        zip(disks, request.drives).filter { $1.address == address }.map { disk, _ in disk }, at: socket)
    }
    let server = try NBDServer(offers, log: log)
    // Nobody is in the archive any more when it is finished or given up.
    defer { server.stop() }
    let thread = try memory?.start()
    defer {
      memory?.stop()
      thread?.join()
    }
    do {
      try sender.begin()
      try wait(for: archive, disks, memory, server, sender)
      for disk in disks where disk.connections.total == 0 {
        throw ArchiveReceptionError.notConnected(drive: disk.name)
      }
      try sender.confirm()
    } catch {
      // Served to the end, so that nobody at the other end runs into a wall.
      archive.interrupt()
      sender.withdraw()
      throw error
    }
    return memory?.length
  }

  private func wait(
    for archive: ReceivedArchive, _ disks: [ReceivedDisk], _ memory: MemoryReception?, _ server: NBDServer,
    _ sender: any ArchiveSender
  ) throws {
    let total = disks.reduce(UInt64(0)) { $0 + $1.size }
    var arrived: UInt64 = 0
    var lastArrival = ContinuousClock.now
    var known = ReceivedArchive.Glance()
    while true {
      try cancellation.check()
      // Never waited for: whoever is at work may be held up for long, and Ctrl-C is not to wait for that.
      known = archive.glance ?? known
      if let failure = known.failure { throw failure }
      try sender.check()
      progress?.report(OperationProgress(completed: known.completed, total: total, zeros: known.zeros))
      if haveEnded(disks), memory == nil || memory?.length != nil { return }
      // An output that is slow holds the clients up: what it takes counts as well.
      let received = server.received &+ (memory?.received ?? 0) &+ known.written
      if received != arrived {
        arrived = received
        lastArrival = .now
      } else if let timeout = request.timeout, lastArrival.duration(to: .now) > .seconds(timeout) {
        throw ArchiveReceptionError.timeout(seconds: timeout, missing: missing(disks, memory))
      }
      // Ctrl-C ends the pause.
      usleep(10_000)
    }
  }

  private func haveEnded(_ disks: [ReceivedDisk]) -> Bool {
    let connections = disks.map(\.connections)
    guard connections.allSatisfy({ $0.open == 0 }) else { return false }
    switch request.ending {
    case .lastDisconnection:
      // Who only looks, as nbdinfo does, is not the backup that is awaited.
      return disks.isEmpty
        || connections.contains { $0.hasWritten || request.treatsUnwrittenAsZero && $0.total > 0 }
    case .completeDrives(let count):
      return zip(disks, connections).count { $0.isComplete && $1.total > 0 } >= count
    }
  }

  private func missing(_ disks: [ReceivedDisk], _ memory: MemoryReception?) -> String {
    if let memory, memory.length == nil {
      return memory.received == 0
        ? "nobody has sent the memory stream" : "the memory stream has not come to its end"
    }
    if let disk = disks.first(where: { $0.connections.total == 0 }) {
      return "nobody has connected to drive '\(disk.name)'"
    }
    if let disk = disks.first(where: { !$0.isComplete }) { return "drive '\(disk.name)' is incomplete" }
    return "a client is still connected"
  }
}

/// The sockets of a reception, all of which listen.
private struct Sockets {
  let memory: ListeningSocket?
  let drives: [(address: SocketAddress, socket: ListeningSocket)]

  init(_ request: ArchiveReception.Request) throws(NBDServerError) {
    memory = try request.memory.map { (address) throws(NBDServerError) in try ListeningSocket(address) }
    var drives: [(address: SocketAddress, socket: ListeningSocket)] = []
    for drive in request.drives where !drives.contains(where: { $0.address == drive.address }) {
      drives.append((drive.address, try ListeningSocket(drive.address)))
    }
    self.drives = drives
  }
}
