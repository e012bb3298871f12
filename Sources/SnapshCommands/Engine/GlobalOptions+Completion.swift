import CommandGrammar

extension GlobalOptions {
  /// URIs that most machines have.
  private static let commonURIs = ["qemu:///session", "qemu:///system", "test:///default"]

  /// What could stand for a word before the command's name.
  ///
  /// - Parameters:
  ///   - words: The words before the one being typed.
  ///   - partial: The word being typed, perhaps empty.
  /// - Returns: Whole words or the wish for a file; `nil` where the command line has come to its command.
  static func completion(after words: [String], partial: String) -> CompleteCommand.Result? {
    let candidates: [String]
    do {
      let rest = try parse(words, environment: [:]).rest
      guard rest.isEmpty, words.last != "--", partial.hasPrefix("-") else { return nil }
      // The values show once their option has been chosen.
      candidates =
        partial.contains("=") ? modes.map { "--progress=\($0)" } : longNames.map { "--\($0)" }.sorted()
    } catch UsageError.missingGlobalValue {
      switch words.last {
      case "-c", "--connect": candidates = commonURIs
      case "--progress": candidates = modes
      case "-l", "--log": return CompleteCommand.Result(candidates: [], wantsFile: true)
      default: candidates = []
      }
    } catch {
      candidates = []
    }
    return CompleteCommand.Result(candidates: candidates.filter { $0.hasPrefix(partial) }, wantsFile: false)
  }

  private static var modes: [String] { ProgressMode.allCases.map(\.rawValue) }
}
