/// A sentence that says what has been done, and the fields that say it to programs.
///
/// `-q` leaves the sentence out; the JSON never has it.
struct Sentence<Fields: Encodable & Sendable>: CommandResult {
  private let fields: Fields
  private let sentence: String

  /// - Parameters:
  ///   - sentence: Printed as it is, with the newline that virsh puts behind it, or without.
  ///   - fields: The JSON object.
  init(_ sentence: String, fields: Fields) {
    self.sentence = sentence
    self.fields = fields
  }

  func render(into text: inout TextOutput) {
    text.printExtra(sentence)
  }

  func encode(to encoder: any Encoder) throws {
    try fields.encode(to: encoder)
  }
}

/// The domain a command has acted on, for programs.
struct DomainAction: Encodable, Sendable {
  /// The domain's name.
  let domain: String
  /// The domain's UUID.
  let uuid: String
  /// What has been done: `defined`, `started`, …
  let action: String
}

/// The snapshot a command has acted on, for programs.
struct SnapshotAction: Encodable, Sendable {
  /// The domain's name.
  let domain: String
  /// The snapshot's name.
  let snapshot: String
  /// What has been done: `created`, `deleted`, …
  let action: String
}
