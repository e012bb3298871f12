import CommandGrammar
import DiskIO
import SaveImage
import SystemPackage

/// `save-image memory FILE --output OUT`: the memory stream of a save image as a file of its own.
struct SaveImageMemoryCommand: Command {
  private static let output = Option.required(
    "output", completes: .file, help: "file to write; must not exist")

  static let grammar = CommandGrammar(
    name: "save-image memory", group: "save-image",
    abstract: "copy the memory stream of a save image to a file",
    discussion: "Copies QEMU's migration stream out of a save image: the bytes that an archive\n"
      + "keeps as its device vmstate, and that QEMU's -incoming takes.",
    options: [Option<String>.saveImageFile, output], exitStatuses: ExitStatus.interruptible,
    examples: [
      (
        "snapsh save-image memory web.save --output web.vmstate",
        "Take a guest's memory out of its managed save."
      )
    ])

  private let path: String
  private let outputPath: String

  init(_ arguments: ParsedArguments) throws {
    path = try arguments[.saveImageFile]
    outputPath = try arguments[Self.output]
  }

  func run(in session: Session) throws -> any CommandResult {
    let cancellation = session.interruptible()
    let file = try SaveImageFile(path: path)
    let output = try PartialFile(path: outputPath)
    do {
      try file.image.copyMemory(from: file.descriptor) { bytes in
        try cancellation.check()
        _ = try output.descriptor.writeAll(bytes)
      }
    } catch let error as SaveImageError {
      throw SaveImageFailure(path: path, cause: error)
    } catch let errno as Errno {
      throw DiskIOError.system(operation: "write", path: outputPath, errno: errno, offset: nil)
    }
    try output.complete()
    return SaveImageMemory(file: outputPath, memoryLengthBytes: file.image.memoryLength)
  }
}

/// A memory stream that has been copied.
struct SaveImageMemory: CommandResult {
  let file: String
  let memoryLengthBytes: Int

  func render(into text: inout TextOutput) {
    text.printExtra("Memory stream of \(memoryLengthBytes) bytes written to \(file)\n")
  }
}
