import CommandGrammar
import FoundationEssentials
import Operations

/// `vma config FILE [-c NAME]`: one config, byte for byte.
struct VMAConfigCommand: Command {
  private static let file = Option.required(
    "filename", completes: .file, help: "archive, - for standard input")
  private static let config = Option.text(
    "config", letter: "c", namedOnly: true, help: "name of the config (default qemu-server.conf)")

  static let grammar = CommandGrammar(
    name: "vma config", group: "archive", abstract: "print a config of an archive",
    discussion: "Writes the bytes of the config as they are to standard output. With --json, text stands\n"
      + "in the member 'text', and bytes that are no UTF-8 as base64 in 'base64'.",
    options: [file, config],
    exitStatuses: ExitStatus.interruptible,
    examples: [
      ("snapsh vma config vm.vma -c libvirt-domain.xml", "See the guest's definition.")
    ])

  private let path: String
  private let name: String

  /// The config as JSON; as text it has been written already.
  struct Printed: CommandResult {
    let name: String
    let sizeBytes: Int
    let text: String?
    let base64: String?

    func render(into text: inout TextOutput) {}
  }

  init(_ arguments: ParsedArguments) throws {
    path = try arguments[Self.file]
    name = try arguments[Self.config] ?? "qemu-server.conf"
  }

  func run(in session: Session) throws -> any CommandResult {
    let archive = try OpenArchive(path: path, cancellation: session.interruptible())
    guard let config = archive.header.config(named: name) else {
      throw CommandFailure("unable to find configuration data '\(name)'")
    }
    let text = String(validating: config.data, as: UTF8.self)
    // Bytes, not text: the other renderings cannot carry what is no UTF-8.
    if !session.printsJSON { try session.console.output.write(config.data) }
    return Printed(
      name: name, sizeBytes: config.data.count, text: text,
      base64: text == nil ? Data(config.data).base64EncodedString() : nil)
  }
}
