import CommandGrammar
import Operations

/// A stretch of one device, as `vma extract --device NAME --range OFFSET:LENGTH` names it.
struct DeviceRangeArgument {
  private let device: String
  private let offset: UInt64
  private let length: UInt64?

  /// - Parameters:
  ///   - device: the device's name.
  ///   - range: `OFFSET:LENGTH` in bytes or with suffixes; without a length all that follows.
  /// - Throws: ``CommandFailure`` for what is no range, or for only one of the two.
  init?(device: String?, range: String?) throws {
    guard device != nil || range != nil else { return nil }
    guard let device, let range else {
      throw CommandFailure("--range and --device go together: the one says of what the other is")
    }
    let parts = range.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    guard parts.count == 2, !parts[0].isEmpty else {
      throw CommandFailure("--range takes OFFSET:LENGTH, such as 1M:64K, not '\(range)'")
    }
    self.device = device
    offset = try DriveArgument.size(parts[0], of: "--range")
    length = try parts[1].isEmpty ? nil : DriveArgument.size(parts[1], of: "--range")
  }

  /// What was taken out.
  struct Extracted: CommandResult {
    let device: String
    let offsetBytes: UInt64
    let lengthBytes: UInt64
    let path: String
    let leavesOutputAlone: Bool

    private enum CodingKeys: String, CodingKey { case device, offsetBytes, lengthBytes, path }

    func render(into text: inout TextOutput) {}
  }

  /// Takes it out, to a new file or `-`.
  func extract(
    from archive: String, to target: String, isVerbose: Bool, in session: Session
  ) throws -> any CommandResult {
    let output = session.console.output
    let toOutput = target == "-"
    let extraction = RangeExtraction(
      device: device, offset: offset, length: length, cancellation: session.interruptible())
    let count = try extraction.run(
      from: archive, to: toOutput ? .output { try output.write(Array($0)) } : .file(target),
      progress: TimedProgress(session.jobProgress(label: "Extract", isVerbose: isVerbose)))
    return Extracted(
      device: device, offsetBytes: offset, lengthBytes: count, path: target, leavesOutputAlone: toOutput)
  }
}
