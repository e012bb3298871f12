/// One text about the host: printed as it is, and one field for programs.
struct HostTextResult: CommandResult {
  private struct Key: CodingKey {
    let stringValue: String
    let intValue: Int? = nil

    init(_ name: String) {
      stringValue = name
    }

    init?(stringValue: String) {
      self.init(stringValue)
    }

    init?(intValue: Int) {
      return nil
    }
  }

  /// The field's name.
  let key: String
  /// The text, its last newline included.
  let text: String

  func render(into output: inout TextOutput) {
    output.print(text)
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    let ended = text.hasSuffix("\n") ? String(text.dropLast()) : text
    try container.encode(ended, forKey: Key(key))
  }
}
