import CommandGrammar
import SaveImage

/// `save-image xml FILE`: the domain XML of a save image, as it stands in the file.
struct SaveImageXMLCommand: Command {
  private static let cookie = Option.flag("cookie", help: "print libvirt's cookie instead of the domain XML")

  static let grammar = CommandGrammar(
    name: "save-image xml", group: "save-image", abstract: "print the domain XML of a save image",
    discussion: "Prints the domain XML of a save image as it stands in the file: the definition that a\n"
      + "restore gives the guest, with the paths of the disks that it opens.",
    options: [Option<String>.saveImageFile, cookie],
    examples: [
      (
        "snapsh save-image xml /var/lib/libvirt/qemu/save/web.save > web.xml",
        "Keep the definition that a managed save goes on with."
      )
    ])

  private let path: String
  private let printsCookie: Bool

  init(_ arguments: ParsedArguments) throws {
    path = try arguments[.saveImageFile]
    printsCookie = try arguments[Self.cookie]
  }

  func run(in session: Session) throws -> any CommandResult {
    let file = try SaveImageFile(path: path)
    let bytes = printsCookie ? file.image.cookieXML : file.image.domainXML
    guard let bytes else { throw CommandFailure("'\(path)': the save image has no cookie") }
    return SaveImageText(xml: String(decoding: bytes, as: UTF8.self))
  }
}

/// One of the texts in a save image.
struct SaveImageText: CommandResult {
  let xml: String

  func render(into text: inout TextOutput) {
    text.print(xml.hasSuffix("\n") ? xml : xml + "\n")
  }
}
