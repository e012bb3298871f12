/// A comma-separated specification taken apart; two commas stand for one that belongs to the text.
struct SpecificationFields {
  let fields: [String]

  init(_ text: String) {
    var fields: [String] = []
    var field = ""
    var rest = text.unicodeScalars[...]
    while let scalar = rest.popFirst() {
      if scalar != "," {
        field.unicodeScalars.append(scalar)
      } else if rest.first == "," {
        rest.removeFirst()
        field += ","
      } else {
        fields.append(field)
        field = ""
      }
    }
    self.fields = fields + [field]
  }

  /// The text behind `KEY=`, where a field begins so.
  static func value(of key: String, in field: String) -> String? {
    field.hasPrefix(key + "=") ? String(field.dropFirst(key.count + 1)) : nil
  }
}
