import XMLTree

/// `--diskspec` of a checkpoint: `DISK[,checkpoint=T][,bitmap=NAME]`, keys in any order, each once.
struct CheckpointDiskSpecification {
  private let name: String
  private var checkpoint: String?
  private var bitmap: String?

  /// - Throws: ``CommandFailure`` in virsh's words.
  init(_ text: String) throws {
    let unparsable = CommandFailure("unable to parse diskspec: \(text)")
    let fields = SpecificationFields(text).fields
    guard let first = fields.first, !text.isEmpty else { throw unparsable }
    name = first
    for field in fields.dropFirst() {
      if let value = SpecificationFields.value(of: "checkpoint", in: field), checkpoint == nil {
        checkpoint = value
      } else if let value = SpecificationFields.value(of: "bitmap", in: field), bitmap == nil {
        bitmap = value
      } else {
        throw unparsable
      }
    }
  }

  /// The `<disk>` of a request.
  var element: XMLElement {
    let attributes = [("name", name), ("checkpoint", checkpoint), ("bitmap", bitmap)]
    return XMLElement(
      "disk", attributes: attributes.compactMap { name, value in value.map { XMLAttribute(name, $0) } })
  }
}
