import VMA

/// An archive that goes where results are printed.
struct ConsoleOutput: ArchiveOutput {
  let sink: any ByteSink

  func write(_ bytes: UnsafeRawBufferPointer) throws { try sink.write(stream: bytes) }

  func flush() throws {}
}
