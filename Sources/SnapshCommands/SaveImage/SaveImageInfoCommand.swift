import CommandGrammar
import SaveImage
import XMLTree

/// `save-image info FILE`: what a save image holds.
struct SaveImageInfoCommand: Command {
  static let grammar = CommandGrammar(
    name: "save-image info", group: "save-image", abstract: "show what a save image of libvirt holds",
    discussion: "Shows which guest a save image belongs to, and where in the file its memory stream stands.",
    options: [Option<String>.saveImageFile],
    examples: [
      (
        "snapsh save-image info /var/lib/libvirt/qemu/save/web.save",
        "Look at a managed save before it is resumed."
      )
    ])

  private let path: String

  init(_ arguments: ParsedArguments) throws {
    path = try arguments[.saveImageFile]
  }

  func run(in session: Session) throws -> any CommandResult {
    let file = try SaveImageFile(path: path)
    return try SaveImageInfo(path: path, image: file.image)
  }
}

/// A save image in figures.
struct SaveImageInfo: CommandResult {
  let file: String
  let domain: String
  let uuid: String?
  let resumesGuest: Bool
  let compression: String
  let hasCookie: Bool
  let memoryOffsetBytes: Int
  let memoryLengthBytes: Int

  init(path: String, image: SaveImage) throws {
    let domain = try XMLDocument.parse(image.domainXML, fileName: path).root
    file = path
    self.domain = domain.firstElement(named: "name")?.stringValue ?? "-"
    uuid = domain.firstElement(named: "uuid")?.stringValue
    resumesGuest = image.header.wasRunning
    compression = image.header.compression.description
    hasCookie = image.cookieXML != nil
    memoryOffsetBytes = image.memoryOffset
    memoryLengthBytes = image.memoryLength
  }

  func render(into text: inout TextOutput) {
    let rows = [
      ("Name", domain), ("UUID", uuid ?? "-"), ("Restored as", resumesGuest ? "running" : "paused"),
      ("Compression", compression), ("Cookie", hasCookie ? "yes" : "no"),
      ("Memory offset", "\(memoryOffsetBytes) bytes"), ("Memory length", "\(memoryLengthBytes) bytes"),
    ]
    for (title, value) in rows {
      let label = title + ":" + String(repeating: " ", count: 16 - title.count - 1)
      text.print("\(label)\(value)\n")
    }
  }
}
