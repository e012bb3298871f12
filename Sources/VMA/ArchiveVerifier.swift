/// Proves as much as can be proven of an archive, without keeping anything of it.
public enum ArchiveVerifier {
  /// Reads an archive from its first byte to its end and checks it.
  ///
  /// - Parameters:
  ///   - input: the archive.
  ///   - depth: whether the data is checked too.
  ///   - progress: called every few MiB of archive; what it throws ends the verification.
  /// - Returns: what was found; ``ArchiveReport/proof`` says what could not be proven.
  /// - Throws: ``VMAError`` with the byte offset of what is wrong, or the error of the input or of `progress`.
  public static func verify(
    _ input: some ArchiveInput, checking depth: CheckDepth = .data,
    progress: ((ArchiveProgress) throws -> Void)? = nil
  ) throws -> ArchiveReport {
    try ArchiveReader(input: input).read(checking: depth, progress: progress)
  }
}
