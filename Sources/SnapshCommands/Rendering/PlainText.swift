/// Text that is printed even with `-q`, as it is, and the fields that say the same to programs.
struct PlainText<Fields: Encodable & Sendable>: CommandResult {
  private let fields: Fields
  private let text: String

  /// - Parameters:
  ///   - text: Printed as it is, with the newline that virsh puts behind it, or without.
  ///   - fields: The JSON object.
  init(_ text: String, fields: Fields) {
    self.text = text
    self.fields = fields
  }

  func render(into output: inout TextOutput) {
    output.print(text)
  }

  func encode(to encoder: any Encoder) throws {
    try fields.encode(to: encoder)
  }
}

/// A document that a command has made, for programs.
struct DocumentFields: Encodable, Sendable {
  /// The document.
  let xml: String
}
