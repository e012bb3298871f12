import CommandGrammar
import Libvirt

/// Options that the commands on saves share: how the domain goes on later.
struct SaveOption {
  let running: Option<Bool>
  let paused: Option<Bool>

  /// - Parameters:
  ///   - running: The help of `--running`.
  ///   - paused: The help of `--paused`.
  init(running: String, paused: String) {
    self.running = .flag("running", help: running)
    self.paused = .flag("paused", help: paused)
  }

  /// For when the domain is next started or restored.
  static func later(_ occasion: String) -> SaveOption {
    SaveOption(
      running: "set domain to be running on \(occasion)", paused: "set domain to be paused on \(occasion)")
  }

  func flags(in arguments: ParsedArguments) throws -> DomainSaveFlags {
    var flags: DomainSaveFlags = []
    if try arguments[running] { flags.insert(.running) }
    if try arguments[paused] { flags.insert(.paused) }
    return flags
  }

  /// As ``flags(in:)``, for the commands that refuse both at once themselves.
  func exclusiveFlags(in arguments: ParsedArguments) throws -> DomainSaveFlags {
    let flags = try flags(in: arguments)
    if flags.isSuperset(of: [.running, .paused]) {
      throw ArgumentError.mutuallyExclusive("--running", "--paused")
    }
    return flags
  }
}
