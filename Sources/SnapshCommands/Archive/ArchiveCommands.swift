extension CommandRegistry {
  /// The commands on VMA archives.
  static let archiveCommands: DeclaredCommands = [
    "vma create": VMACreateCommand.self,
    "vma list": VMAListCommand.self,
    "vma config": VMAConfigCommand.self,
    "vma extract": VMAExtractCommand.self,
    "vma verify": VMAVerifyCommand.self,
    "vma index": VMAIndexCommand.self,
    "vma serve": VMAServeCommand.self,
    "vma diff": VMADiffCommand.self,
    "vma convert": VMAConvertCommand.self,
    "vma-writer": VMAWriterCommand.self,
    "archive list": ArchiveListCommand.self,
  ]
}
