import CommandGrammar
import Glibc
import Libvirt
import Operations

/// Completion with the names that exist right now: domains, snapshots, checkpoints, disks, files.
///
/// Errors complete to nothing: whoever presses TAB has asked for no message.
struct LiveCompletion {
  private let session: Session

  init(session: Session) {
    self.session = session
  }

  /// What could stand for the word being typed in a line of the shell.
  ///
  /// - Parameters:
  ///   - line: The line up to the cursor.
  ///   - word: What the editor, which knows blanks but no quotes, takes for the word: its end at least.
  /// - Returns: Whole words as they have to be typed, from where the editor's word begins.
  func candidates(line: String, word: String) -> [String] {
    // Only the last command of the line is being typed: a word after `;` is a command's name again.
    guard let typed = UnfinishedCommandLine(line) else { return [] }
    let completion = Completion(after: typed.words, partial: typed.partial, in: CommandRegistry.table)
    let words =
      completion.source == .file
      ? files(partial: String(typed.partial.dropFirst(completion.attachedTo.count))).map {
        completion.attachedTo + $0
      } : candidates(for: completion, partial: typed.partial)
    let before = max(0, typed.raw.unicodeScalars.count - word.unicodeScalars.count)
    return words.map { String(typed.typed($0).unicodeScalars.dropFirst(before)) }
  }

  /// The words and live names of a completion; files are left to whoever knows the shell's way with them.
  func candidates(for completion: Completion, partial: String) -> [String] {
    let names = ((try? liveNames(for: completion)) ?? []).map { completion.attachedTo + $0 }
    return completion.words + names.filter { $0.hasPrefix(partial) }.sorted()
  }

  private func liveNames(for completion: Completion) throws -> [String] {
    switch completion.source {
    case .none, .file, .words:
      return []
    case .domain:
      return try session.connection().domains().map { $0.name }
    case .snapshot:
      guard let domain = completion.domain else { return [] }
      return try session.domain(domain).snapshots().map { $0.name }
    case .pool:
      return try session.connection().storagePools().map { $0.name }
    case .checkpoint:
      guard let domain = completion.domain else { return [] }
      return try session.domain(domain).checkpoints().map { $0.name }
    case .disk:
      guard let domain = completion.domain else { return [] }
      return try DomainDisk.disks(inDomainXML: session.domain(domain).xml()).map(\.target)
    }
  }

  private func files(partial: String) -> [String] {
    var found = glob_t()
    defer { globfree(&found) }
    let pattern = partial.flatMap { "\\*?[".contains($0) ? "\\\($0)" : String($0) } + "*"
    guard glob(String(pattern), GLOB_MARK, nil, &found) == 0, let paths = found.gl_pathv else { return [] }
    return (0..<Int(found.gl_pathc)).compactMap { paths[$0].map { String(cString: $0) } }
  }
}
