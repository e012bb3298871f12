import CommandGrammar
import Libvirt

/// `version`: the versions of library, driver and hypervisor.
struct VersionCommand: VirshCommand {
  private static let daemon = Option.flag("daemon", help: "report daemon version too")

  static let grammar = CommandGrammar(
    name: "version", group: "host", abstract: "show version",
    discussion: "Display the system version information.",
    options: [daemon],
    examples: [
      ("snapsh version --daemon", "Print the versions of libvirt here and there, and of the hypervisor.")
    ])

  private let asksDaemon: Bool

  init(_ arguments: ParsedArguments) throws {
    asksDaemon = try arguments[Self.daemon]
  }

  func run(in session: Session) throws -> any CommandResult {
    let connection = try session.connection()
    return VersionResult(
      compiled: Library.compiledVersion.description, library: try Library.version().description,
      driver: try connection.driver(), hypervisor: try connection.hypervisorVersion()?.description,
      daemon: asksDaemon ? try connection.daemonVersion().description : nil)
  }
}

/// What `version` prints.
struct VersionResult: CommandResult {
  private enum CodingKeys: String, CodingKey {
    case snapsh
    case compiled = "compiledLibvirt"
    case library = "libvirt"
    case driver, hypervisor, daemon
  }

  let snapsh = Tool.version
  let compiled: String
  let library: String
  let driver: String
  let hypervisor: String?
  let daemon: String?

  func render(into text: inout TextOutput) {
    text.print("Compiled against library: libvirt \(compiled)\n")
    text.print("Using library: libvirt \(library)\n")
    text.print("Using API: \(driver) \(library)\n")
    text.print(
      hypervisor.map { "Running hypervisor: \(driver) \($0)\n" }
        ?? "Cannot extract running \(driver) hypervisor version\n")
    if let daemon { text.print("Running against daemon: \(daemon)\n") }
  }
}
