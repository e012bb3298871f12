import CommandGrammar
import Libvirt

/// `--mode` of `shutdown` and `reboot`: by which ways the guest is asked.
enum PowerRequestOption {
  static let mode = Option.text(
    "mode", completes: .words(ways.map(\.word)), help: "shutdown mode: acpi|agent|initctl|signal|paravirt")

  private static let ways: [(word: String, way: PowerRequestWays)] = [
    ("acpi", .acpi), ("agent", .agent), ("initctl", .initctl), ("signal", .signal),
    ("paravirt", .paravirt),
  ]

  /// Reads a list of ways, separated by commas.
  ///
  /// - Parameters:
  ///   - arguments: The command's.
  ///   - conjunction: What virsh puts before the last word of the list in its complaint.
  /// - Throws: ``CommandFailure`` for a word that is none of the ways.
  /// - Returns: The ways, none where the option is not given.
  static func ways(in arguments: ParsedArguments, conjunction: String) throws -> PowerRequestWays {
    guard let text = try arguments[mode] else { return [] }
    var named: PowerRequestWays = []
    for word in text.split(separator: ",", omittingEmptySubsequences: false) {
      guard let way = ways.first(where: { $0.word == word })?.way else {
        throw CommandFailure(
          "Unknown mode \(word) value, expecting 'acpi', 'agent', 'initctl', 'signal'\(conjunction) 'paravirt'"
        )
      }
      named.insert(way)
    }
    return named
  }
}
