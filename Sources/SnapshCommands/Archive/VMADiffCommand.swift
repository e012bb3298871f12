import CommandGrammar
import Operations

/// `vma diff A B [--device NAME]… [--content]`: what differs between the devices of two archives.
struct VMADiffCommand: Command {
  private static let first = Option.required(
    "first", completes: .file, help: "archive that is not compressed")
  private static let second = Option.required("second", completes: .file, help: "another one")
  private static let devices = Option.repeated(
    "device", namedOnly: true, help: "device to compare (default all of them)")
  private static let content = Option.flag(
    "content", help: "compare the data also where digests say that it is the same")
  private static let runs = Option.flag("runs", help: "print every run that differs, as OFFSET LENGTH")

  static let grammar = CommandGrammar(
    name: "vma diff", group: "archive", abstract: "compare the devices of two archives",
    discussion:
      "Tells for each device how much of it differs, in blocks of 4 KiB. Where both archives carry\n"
      + "digests, what these say is the same is not read; the rest, and all of it with --content, is.\n"
      + "Devices are found by their names. Configs and the archives' identities are not compared.",
    options: [first, second, devices, content, runs],
    exitStatuses: [
      1: "something differs", 2: "an archive could not be read, or something else went wrong",
      130: "interrupted by Ctrl-C or SIGTERM",
    ],
    examples: [
      ("snapsh vma diff monday.vma tuesday.vma", "See how much of each disk has changed."),
      ("snapsh vma diff monday.vma tuesday.vma --device drive-vda --runs", "See where."),
    ])

  private let first: String
  private let second: String
  private let devices: [String]?
  private let readsContent: Bool
  private let printsRuns: Bool

  init(_ arguments: ParsedArguments) throws {
    first = try arguments[Self.first]
    second = try arguments[Self.second]
    var devices: [String] = []
    for device in try arguments[Self.devices] where !devices.contains(device) { devices.append(device) }
    self.devices = devices.isEmpty ? nil : devices
    readsContent = try arguments[Self.content]
    printsRuns = try arguments[Self.runs]
  }

  /// What differs.
  struct Difference: CommandResult {
    struct Device: Encodable {
      struct Run: Encodable {
        let offsetBytes: UInt64
        let lengthBytes: UInt64
      }

      let name: String
      let isEqual: Bool
      let firstSizeBytes: UInt64?
      let secondSizeBytes: UInt64?
      let differingBytes: UInt64
      let runCount: Int
      /// The first of them.
      let runs: [Run]
      /// Whether digests alone have decided.
      let isByDigest: Bool
    }

    let first: String
    let second: String
    let isEqual: Bool
    let devices: [Device]
    let printsRuns: Bool

    private enum CodingKeys: String, CodingKey { case first, second, isEqual, devices }

    var exitStatus: Int32 { isEqual ? 0 : 1 }

    func render(into text: inout TextOutput) {
      for device in devices where !device.isEqual {
        switch (device.firstSizeBytes, device.secondSizeBytes) {
        case (nil, _): text.print("\(device.name): only in \(second)\n")
        case (_, nil): text.print("\(device.name): only in \(first)\n")
        case (let one?, let other?):
          let sizes = one == other ? "" : ", \(one) bytes here and \(other) there"
          text.print(
            "\(device.name): \(device.differingBytes) bytes in \(device.runCount) "
              + "\(device.runCount == 1 ? "run differs" : "runs differ")\(sizes)\n")
        }
        guard printsRuns else { continue }
        for run in device.runs { text.print("  \(run.offsetBytes) \(run.lengthBytes)\n") }
        if device.runs.count < device.runCount {
          text.print("  and \(device.runCount - device.runs.count) more\n")
        }
      }
    }
  }

  func run(in session: Session) throws -> any CommandResult {
    let cancellation = session.interruptible()
    let progress = session.jobProgress(label: "Compare")
    defer { progress.clear() }
    do {
      let archives = try [first, second].map { try IndexedArchive(path: $0, cancellation: cancellation) }
      let found = try ArchiveComparison(
        archives[0], archives[1], devices: devices, trustsDigests: !readsContent
      ).run(cancellation: cancellation, progress: TimedProgress(progress))
      return Difference(
        first: first, second: second, isEqual: found.allSatisfy(\.isEqual),
        devices: found.map { device in
          Difference.Device(
            name: device.name, isEqual: device.isEqual, firstSizeBytes: device.firstSize,
            secondSizeBytes: device.secondSize, differingBytes: device.differingBytes,
            runCount: device.runCount,
            runs: device.runs.map { .init(offsetBytes: $0.offset, lengthBytes: $0.length) },
            isByDigest: device.isByDigest)
        }, printsRuns: printsRuns)
    } catch let error as CancelledError {
      throw error
    } catch {
      throw CommandFailure("The archives cannot be compared", cause: error, exitStatus: 2)
    }
  }
}
