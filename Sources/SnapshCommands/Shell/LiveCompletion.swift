import CommandGrammar
import Glibc
import Libvirt
import Operations

/// Completion with the names that exist right now: domains, snapshots, disks, files.
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
  ///   - line: The whole line.
  ///   - word: The word being typed.
  ///   - start: Where it begins in the line, in bytes.
  /// - Returns: Whole words that begin with it.
  func candidates(line: String, word: String, start: Int) -> [String] {
    let before = String(decoding: line.utf8.prefix(start), as: UTF8.self)
    // Only the last command of the line is being typed: a word after `;` is a command's name again.
    guard let commands = try? CommandLineTokenizer.commands(in: before + " x"), let last = commands.last
    else {
      return []
    }
    let completion = Completion(after: Array(last.dropLast()), partial: word, in: CommandRegistry.table)
    return completion.source == .file ? files(partial: word) : candidates(for: completion, partial: word)
  }

  /// The words and live names of a completion; files are left to whoever knows the shell's way with them.
  func candidates(for completion: Completion, partial: String) -> [String] {
    let names = (try? liveNames(for: completion)) ?? []
    return completion.words + names.filter { $0.hasPrefix(partial) }.sorted()
  }

  private func liveNames(for completion: Completion) throws -> [String] {
    switch completion.source {
    case .none, .file, .words, .checkpoint:
      return []
    case .domain:
      return try session.connection().domains().map { $0.name }
    case .snapshot:
      guard let domain = completion.domain else { return [] }
      return try session.domain(domain).snapshots().map { $0.name }
    case .pool:
      return try session.connection().storagePools().map { $0.name }
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
