import FoundationEssentials

/// One JSON value on one line, so that a batch of commands gives JSON lines.
enum JSONOutput {
  private struct ErrorObject: Encodable {
    let error: FailureReport
  }

  static func line(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(value), as: UTF8.self) + "\n"
  }

  static func line(_ report: FailureReport) throws -> String {
    try line(ErrorObject(error: report))
  }
}
