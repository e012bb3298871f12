import XMLTree

/// `--diskspec`: `DISK[,snapshot=T][,driver=T][,stype=file|block][,file=PATH][,mirror=PATH]`, keys in any order, each
/// once. virsh does not have `mirror`.
struct DiskSpecification {
  private let name: String
  private var snapshot: String?
  private var driver: String?
  private var storageType: String?
  private var file: String?
  private var mirror: String?

  /// - Throws: ``CommandFailure`` in virsh's words.
  init(_ text: String) throws {
    let unparsable = CommandFailure("unable to parse diskspec: \(text)")
    let fields = SpecificationFields(text).fields
    guard let first = fields.first, !text.isEmpty else { throw unparsable }
    name = first
    for field in fields.dropFirst() {
      if let value = SpecificationFields.value(of: "snapshot", in: field), snapshot == nil {
        snapshot = value
      } else if let value = SpecificationFields.value(of: "driver", in: field), driver == nil {
        driver = value
      } else if let value = SpecificationFields.value(of: "stype", in: field), storageType == nil {
        storageType = value
      } else if let value = SpecificationFields.value(of: "file", in: field), file == nil {
        file = value
      } else if let value = SpecificationFields.value(of: "mirror", in: field), mirror == nil {
        mirror = value
      } else {
        throw unparsable
      }
    }
    if let storageType, !["file", "block"].contains(storageType) {
      throw CommandFailure(
        lines: ["Unknown storage type: '\(storageType)'", "unable to parse diskspec: \(text)"])
    }
  }

  /// The `<disk>` of a request.
  var element: XMLElement {
    let attributes = [("name", name), ("snapshot", snapshot), ("type", storageType)]
    var disk = XMLElement(
      "disk", attributes: attributes.compactMap { name, value in value.map { XMLAttribute(name, $0) } })
    if let driver {
      disk.children.append(
        .element(XMLElement("driver", attributes: [XMLAttribute("type", driver)])))
    }
    if let file {
      let attribute = XMLAttribute(storageType == "block" ? "dev" : "file", file)
      disk.children.append(.element(XMLElement("source", attributes: [attribute])))
    }
    if let mirror {
      disk.children.append(
        .element(XMLElement("mirror", attributes: [XMLAttribute("file", mirror)])))
    }
    return disk
  }
}
