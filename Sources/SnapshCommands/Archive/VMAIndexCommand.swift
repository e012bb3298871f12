import CommandGrammar
import Operations
import VMA

/// `vma index ARCHIVE [--keep] [--output FILE]`: where each cluster of an archive lies.
struct VMAIndexCommand: Command {
  private static let file = Option.required(
    "filename", completes: .file, help: "archive that is not compressed")
  private static let keep = Option.flag(
    "keep", help: "keep the index beside the archive, as ARCHIVE.idx, where 'vma serve' looks for it")
  private static let output = Option.text(
    "output", namedOnly: true, completes: .file, help: "keep the index in this file")

  static let grammar = CommandGrammar(
    name: "vma index", group: "archive", abstract: "find where each cluster of an archive lies",
    discussion:
      "Reads the 512 bytes in front of each extent, not the data, and tells how many clusters (64 KiB) of\n"
      + "each device are stored, zero, or missing. The archive stays as it is. An index that is kept is\n"
      + "used only for as long as the archive has not changed; without one the headers are read again,\n"
      + "which costs one small read for 3.7 MiB of archive.",
    options: [file, keep, output], exitStatuses: ExitStatus.interruptible,
    examples: [
      ("snapsh vma index vm.vma", "See how much of each device an archive stores."),
      ("snapsh vma index vm.vma --keep", "Let the next 'vma serve' begin at once."),
    ])

  private let path: String
  private let outputs: [String]

  init(_ arguments: ParsedArguments) throws {
    path = try arguments[Self.file]
    let beside = try arguments[Self.keep] ? [IndexedArchive.indexPath(of: path)] : []
    outputs = try beside + [arguments[Self.output]].compactMap { $0 }
  }

  /// The index in numbers.
  struct Indexed: CommandResult {
    struct Device: Encodable {
      let name: String
      let sizeBytes: UInt64
      let storedBytes: UInt64
      let storedClusters: UInt64
      let zeroClusters: UInt64
      let absentClusters: UInt64
    }

    let archive: String
    let uuid: String
    let archiveBytes: UInt64
    let extentCount: Int
    let runCount: Int
    let hasDigests: Bool
    let devices: [Device]
    let indexFiles: [String]

    init(_ archive: IndexedArchive, indexFiles: [String]) {
      let index = archive.index
      self.archive = archive.path
      self.indexFiles = indexFiles
      uuid = "\(index.header.uuid)"
      archiveBytes = index.archiveSize
      extentCount = index.extentCount
      runCount = index.runCount
      hasDigests = index.header.integrity == .digests
      devices = index.devices.enumerated().map { position, device in
        Device(
          name: device.device.name, sizeBytes: archive.length(ofDevice: position),
          storedBytes: device.storedBlocks * UInt64(Layout.blockSize), storedClusters: device.storedClusters,
          zeroClusters: device.zeroClusters, absentClusters: device.absentClusters)
      }
    }

    func render(into text: inout TextOutput) {
      var table = TextTable("Device", "Size", "Stored", "Stored clusters", "Zero clusters", "Absent clusters")
      for device in devices {
        table.add(row: [
          device.name, BinarySize(device.sizeBytes, decimals: 2).text,
          BinarySize(device.storedBytes, decimals: 2).text, "\(device.storedClusters)",
          "\(device.zeroClusters)", "\(device.absentClusters)",
        ])
      }
      table.render(into: &text)
      text.printExtra("\n\(extentCount) extents, \(archiveBytes) bytes, UUID \(uuid)\n")
      for file in indexFiles { text.printExtra("Index written to \(file)\n") }
    }
  }

  func run(in session: Session) throws -> any CommandResult {
    for output in outputs { try IndexedArchive.requirePlace(forIndexAt: output) }
    let cancellation = session.interruptible()
    let progress = session.jobProgress(label: "Index")
    defer { progress.clear() }
    let archive = try IndexedArchive(
      path: path, usesKept: false, cancellation: cancellation, progress: TimedProgress(progress))
    for output in outputs { try archive.keepIndex(at: output) }
    return Indexed(archive, indexFiles: outputs)
  }
}
