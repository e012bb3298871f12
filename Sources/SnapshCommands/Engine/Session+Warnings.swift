/// A warning in JSON, one line among errors and progress.
struct WarningLine: Encodable {
  /// What the line is: always `warning`.
  let type = "warning"
  let message: String

  private enum CodingKeys: String, CodingKey { case type, message }
}

extension Console {
  /// Tells, on the error stream, what may not be what was meant.
  ///
  /// - Parameters:
  ///   - sentence: What is told, without a newline.
  ///   - label: What stands before it where people read it.
  ///   - json: Whether programs read it.
  func warn(_ sentence: String, label: String, json: Bool) {
    let line = json ? try? JSONOutput.line(WarningLine(message: sentence)) : nil
    printError(line ?? label + sentence + "\n")
  }
}

extension Session {
  /// Tells, on the error stream, what may not be what was meant; the command goes on.
  ///
  /// - Parameters:
  ///   - sentence: What is told, without a newline.
  ///   - label: What stands before it where people read it.
  func warn(_ sentence: String, label: String = "") {
    console.warn(sentence, label: label, json: printsJSON)
  }
}
