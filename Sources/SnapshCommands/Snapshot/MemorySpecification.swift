import XMLTree

/// `--memspec`: `[file=]PATH[,snapshot=T]`, in any order, each once; a bare path is absolute.
struct MemorySpecification {
  private var file: String?
  private var snapshot: String?

  /// - Throws: ``CommandFailure`` in virsh's words.
  init(_ text: String) throws {
    for field in SpecificationFields(text).fields {
      if let value = SpecificationFields.value(of: "snapshot", in: field), snapshot == nil {
        snapshot = value
      } else if let value = SpecificationFields.value(of: "file", in: field), file == nil {
        file = value
      } else if field.hasPrefix("/"), file == nil {
        file = field
      } else {
        throw CommandFailure("unable to parse memspec: \(text)")
      }
    }
  }

  /// The `<memory>` of a request.
  var element: XMLElement {
    let attributes = [("snapshot", snapshot), ("file", file)]
    return XMLElement(
      "memory", attributes: attributes.compactMap { name, value in value.map { XMLAttribute(name, $0) } })
  }
}
