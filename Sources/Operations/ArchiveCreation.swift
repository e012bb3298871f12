import Compression
import DiskIO
import VMA

/// Makes an archive from disks, a memory stream and configs.
///
/// Devices are written one after another, clusters in ascending order. Holes of the sources cost no reads. A failure or a
/// cancellation leaves no file.
public struct ArchiveCreation {
  private let contents: ArchiveContents
  private let identity: ArchiveIdentity
  private let compression: CompressionSetting?
  private let progress: (any ProgressReceiver)?
  private let cancellation: Cancellation
  private let confirm: () throws -> Void

  /// Prepares the work; nothing is touched.
  ///
  /// - Parameters:
  ///   - contents: what goes in.
  ///   - identity: UUID and time, where they are not to be new.
  ///   - compression: how the archive is compressed; nil leaves it as it is.
  ///   - progress: told about every few MiB.
  ///   - cancellation: asked as often.
  ///   - confirm: called once all is read, before the archive is completed; throws what speaks against that.
  public init(
    _ contents: ArchiveContents, identity: ArchiveIdentity = .fresh, compression: CompressionSetting? = nil,
    progress: (any ProgressReceiver)?, cancellation: Cancellation, confirm: @escaping () throws -> Void = {}
  ) {
    self.contents = contents
    self.identity = identity
    self.compression = compression
    self.progress = progress
    self.cancellation = cancellation
    self.confirm = confirm
  }

  /// Writes the archive.
  ///
  /// - Parameter destination: where to.
  /// - Throws: ``ArchiveOperationError``, `DiskIOError`, ``CancelledError``.
  /// - Returns: what was written.
  public func run(to destination: ArchiveDestination) throws -> ArchiveSummary {
    guard !contents.devices.isEmpty || !contents.configs.isEmpty else {
      throw ArchiveOperationError.nothingToArchive
    }
    let header = try header()
    return try ArchiveOperationError.naming(destination.name) {
      // Refuses names and sizes before anything is opened.
      _ = try header.encoded()
      let opened = try OpenDestination.open(
        destination, compression: compression, cancellation: cancellation)
      do {
        let summary = try write(header, to: opened.output)
        try opened.complete()
        return summary
      } catch {
        // An interrupted system call is how a cancellation shows in a read or a write.
        try cancellation.check()
        throw error
      }
    }
  }

  private func header() throws -> ArchiveHeader {
    var configs = contents.configs
    let devices = try contents.archiveDevices()
    // Whoever brings a manifest of their own knows what they want in it.
    if !configs.contains(where: { $0.name == ArchiveManifest.configName }),
      let memory = contents.devices.first(where: { $0.streamLength != nil }), let length = memory.streamLength
    {
      let disks = devices.filter { !$0.isVMState }.map {
        ArchiveManifest.Disk(device: $0.name, size: $0.size)
      }
      let manifest = ArchiveManifest(memory: .init(device: memory.name, length: length), disks: disks)
      configs.append(try manifest.config())
    }
    return try identity.header(configs: configs, devices: devices)
  }

  private func write(_ header: ArchiveHeader, to output: any ArchiveOutput) throws -> ArchiveSummary {
    let writer = try ArchiveWriter(header: header, output: output)
    do {
      var done: UInt64 = 0
      let total = header.devices.reduce(0) { $0 + $1.size }
      for (device, content) in zip(header.devices, contents.devices) {
        var copy = DeviceCopy(content.source, device: device)
        while try copy.step(into: writer) {
          try cancellation.check()
          report(done + copy.completed, of: total, writer)
        }
        done += device.size
        report(done, of: total, writer)
      }
      try confirm()
      return try writer.finish()
    } catch {
      writer.abort()
      throw error
    }
  }

  private func report(_ completed: UInt64, of total: UInt64, _ writer: ArchiveWriter) {
    let stored = writer.storedBlocks * UInt64(Layout.blockSize)
    progress?.report(
      OperationProgress(completed: completed, total: total, zeros: completed - min(completed, stored)))
  }
}

/// One device on its way into an archive, a few MiB a step.
private struct DeviceCopy {
  /// Clusters copied between two looks at progress and cancellation: 4 MiB.
  private static let clustersPerStep: UInt64 = 64

  private var runs: DiskRuns
  private let device: ArchiveDevice
  private var next: UInt64 = 0

  init(_ source: any DiskSource, device: ArchiveDevice) {
    runs = DiskRuns(source)
    self.device = device
  }

  /// Bytes of the device that are copied.
  var completed: UInt64 { min(next * UInt64(Layout.clusterSize), device.size) }

  /// Copies the next run of zeros, however long, or some MiB of data; false when there is no more.
  mutating func step(into writer: ArchiveWriter) throws -> Bool {
    let count = device.clusterCount
    guard next < count else { return false }
    let limit = min(count, next + Self.clustersPerStep)
    while next < limit {
      let start = next * UInt64(Layout.clusterSize)
      let run = try runs.run(at: start)
      let isLast = run.end >= device.size
      if !run.isData {
        let end = isLast ? count : run.end / UInt64(Layout.clusterSize)
        if end > next {
          try writer.appendZeroClusters(device: device.id, clusters: next..<end)
          next = end
          continue
        }
      }
      // Data, or a hole that ends inside of this cluster.
      let end = isLast ? count : max(next + 1, Layout.clusters(in: run.end))
      let clusters = next..<min(end, limit)
      var reader = runs
      try writer.appendClusters(device: device.id, clusters: clusters) { buffer, offset, zeros in
        try reader.read(into: buffer, at: offset, blockSize: Layout.blockSize) { zeros.insert($0) }
      }
      runs = reader
      next = clusters.upperBound
    }
    return true
  }
}
