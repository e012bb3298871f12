import CommandGrammar
import Compression
import Operations
import VMA

/// `vma convert IN OUT`: an archive packed anew.
struct VMAConvertCommand: Command {
  private static let input = Option.required(
    "input", completes: .file, help: "archive, compressed or not, or - for standard input")
  private static let output = Option.required(
    "output", help: "new archive, an existing pipe, or - for standard output")
  private static let uuid = Option.text(
    "uuid", namedOnly: true, help: "UUID of the new archive (default the old one's)")
  private static let creationTime = Option.number(
    "ctime", namedOnly: true, help: "time of the new archive in seconds since 1970 (default the old one's)")
  private static let reproducible = Option.flag(
    "reproducible", help: "UUID and time that follow from configs, names and sizes, for deduplication")
  private static let verbose = Option.flag("verbose", letter: "v", help: "print progress to standard error")

  static let grammar = CommandGrammar(
    name: "vma convert", group: "archive", abstract: "pack an archive anew, in order and with digests",
    discussion:
      "Writes the same configs and devices into a new archive: device after device, clusters in ascending\n"
      + "order, with the digests that let 'vma verify' prove the data, compressed where --compress says so.\n"
      + "UUID and time stay unless they are given. Archives of Proxmox's backups come in the order in which\n"
      + "their readers were done; repositories that look for what they have already find little in them\n"
      + "before they are converted. What is compressed, or comes through a pipe, is unpacked beside the\n"
      + "new archive first, into a file without a name.",
    options: [input, output, CompressOption.compress, uuid, creationTime, reproducible, verbose],
    exitStatuses: ExitStatus.interruptible,
    examples: [
      (
        "snapsh vma convert vzdump-qemu-101.vma.zst ordered.vma",
        "Unpack a backup of Proxmox, put it in order and give it digests."
      ),
      (
        "snapsh vma convert old.vma new.vma.zst --compress zstd:3 --reproducible",
        "Compress an archive, with an identity of its content's."
      ),
    ])

  private let input: String
  private let output: String
  private let compression: CompressionSetting?
  private let identity: ArchiveIdentity
  private let isVerbose: Bool

  init(_ arguments: ParsedArguments) throws {
    input = try arguments[Self.input]
    output = try arguments[Self.output]
    compression = try CompressOption.setting(arguments)
    isVerbose = try arguments[Self.verbose]
    let uuid = try arguments[Self.uuid].map { text in
      guard let uuid = ArchiveUUID(text) else { throw CommandFailure("'\(text)' is no UUID") }
      return uuid
    }
    identity = ArchiveIdentity(
      uuid: uuid, creationTime: try arguments[Self.creationTime].map { Int64($0) },
      isReproducible: try arguments[Self.reproducible])
  }

  /// The new archive.
  struct Converted: CommandResult {
    struct Device: Encodable {
      let name: String
      let sizeBytes: UInt64
      let storedBytes: UInt64
      let digest: String?
    }

    let input: String
    let archive: String
    let uuid: String
    let bytesWritten: UInt64
    let compressedBytes: UInt64?
    let wasChecked: Bool
    let devices: [Device]
    let leavesOutputAlone: Bool

    private enum CodingKeys: String, CodingKey {
      case input, archive, uuid, bytesWritten, compressedBytes, wasChecked, devices
    }

    func render(into text: inout TextOutput) {}
  }

  func run(in session: Session) throws -> any CommandResult {
    let cancellation = session.interruptible()
    let toOutput = output == "-"
    let conversion = ArchiveConversion(
      identity: identity, compression: compression,
      progress: ArchiveProgressPrinter.writing(session, label: "Convert", isVerbose: isVerbose),
      cancellation: cancellation)
    let result = try conversion.run(
      from: input,
      to: toOutput
        ? .output(ConsoleOutput(sink: session.console.output), name: "standard output") : .path(output))
    if !result.wasChecked {
      session.warn(
        "'\(input)' carried no digests: those of the new archive prove what was read, not what was once written",
        label: "warning: ")
    }
    return Converted(
      input: input, archive: output, uuid: "\(result.uuid)", bytesWritten: result.archive.bytesWritten,
      compressedBytes: result.archive.storedLength, wasChecked: result.wasChecked,
      devices: result.archive.devices.map {
        Converted.Device(
          name: $0.device.name, sizeBytes: $0.device.size,
          storedBytes: $0.storedBlocks * UInt64(Layout.blockSize), digest: $0.digest?.description)
      }, leavesOutputAlone: toOutput)
  }
}
