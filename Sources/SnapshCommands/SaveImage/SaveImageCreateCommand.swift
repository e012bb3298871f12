import CommandGrammar
import DiskIO
import SaveImage
import SystemPackage

/// `save-image create FILE --xml XML --memory STREAM`: a save image that libvirt restores, from its parts.
struct SaveImageCreateCommand: Command {
  private static let file = Option.required(
    "file", completes: .file, help: "save image to write; must not exist")
  private static let xml = Option.required(
    "xml", completes: .file, help: "domain XML with the disks the restored guest is to open")
  private static let memory = Option.required(
    "memory", completes: .file, help: "QEMU's migration stream, as 'save-image memory' writes it")
  private static let cookie = Option.text(
    "cookie", namedOnly: true, completes: .file,
    help: "libvirt's cookie, as 'save-image xml --cookie' prints it")
  private static let length = Option.number(
    "length", namedOnly: true, help: "bytes of the stream; by default the whole file")
  private static let paused = Option.flag("paused", help: "leave the guest paused when it is restored")

  static let grammar = CommandGrammar(
    name: "save-image create", group: "save-image", abstract: "put a save image together from its parts",
    discussion: "Writes a save image that 'restore' takes, from a domain XML and a memory stream, for\n"
      + "example those of an archive. An archive rounds devices up to whole sectors: give\n"
      + "the stream's true length, which the archive's snapsh.json holds, as --length.",
    options: [file, xml, memory, cookie, length, paused],
    exitStatuses: ExitStatus.interruptible,
    examples: [
      (
        "snapsh save-image create web.save --xml web.xml --memory restored/vmstate.bin",
        "Make of an archive's parts what 'restore' takes."
      )
    ])

  private let path: String
  private let xmlPath: String
  private let memoryPath: String
  private let cookiePath: String?
  private let length: Int?
  private let isPaused: Bool

  init(_ arguments: ParsedArguments) throws {
    path = try arguments[Self.file]
    xmlPath = try arguments[Self.xml]
    memoryPath = try arguments[Self.memory]
    cookiePath = try arguments[Self.cookie]
    length = try arguments[Self.length]
    isPaused = try arguments[Self.paused]
  }

  func run(in session: Session) throws -> any CommandResult {
    let cancellation = session.interruptible()
    let domainXML = try Self.contents(of: xmlPath)
    let cookieXML = try cookiePath.map(Self.contents)
    let memory = try Self.open(memoryPath)
    defer { try? memory.close() }
    let output = try PartialFile(path: path)
    do {
      let size = try memory.seek(offset: 0, from: .end)
      var writer = try SaveImageWriter(
        to: output.descriptor, domainXML: domainXML, cookieXML: cookieXML, resumesGuest: !isPaused)
      try writer.write(from: memory, offset: 0, length: length ?? Int(clamping: size)) {
        try cancellation.check()
      }
      let bytes = writer.memoryLength
      try writer.finish()
      try output.complete()
      return SaveImageCreated(file: path, memoryLengthBytes: bytes)
    } catch let error as SaveImageError {
      throw SaveImageFailure(path: path, cause: error)
    } catch let errno as Errno {
      throw SaveImageFailure(path: memoryPath, cause: .system(operation: "seek in", errno: errno))
    }
  }

  private static func open(_ path: String) throws(SaveImageFailure) -> FileDescriptor {
    do {
      return try FileDescriptor.open(FilePath(path), .readOnly, options: [.nonBlocking, .closeOnExec])
    } catch {
      throw SaveImageFailure(path: path, opening: error)
    }
  }

  /// A text small enough to stand in a save image; a longer one is refused by what is done with it.
  private static func contents(of path: String) throws(SaveImageFailure) -> [UInt8] {
    let file = try open(path)
    defer { try? file.close() }
    do {
      return try SaveImage.text(of: file)
    } catch {
      throw SaveImageFailure(path: path, cause: error)
    }
  }
}

/// A save image that has been written.
struct SaveImageCreated: CommandResult {
  let file: String
  let memoryLengthBytes: Int

  func render(into text: inout TextOutput) {
    text.printExtra("Save image with \(memoryLengthBytes) bytes of memory stream written to \(file)\n")
  }
}
