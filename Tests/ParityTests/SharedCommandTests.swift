import Foundation
import TestSupport
import Testing

/// virsh's own help, read by a machine: what it has, we have.
@Suite("Every command that virsh has too has every option of virsh's")
struct SharedCommandTests {
  /// The commands for snapshots, saves, block jobs, checkpoints and backup jobs, and what a shell needs beside them.
  static let promised = [
    "snapshot-create", "snapshot-create-as", "snapshot-current", "snapshot-delete", "snapshot-dumpxml",
    "snapshot-edit", "snapshot-info", "snapshot-list", "snapshot-parent", "snapshot-revert",
    "managedsave", "managedsave-remove", "managedsave-edit", "managedsave-define", "managedsave-dumpxml",
    "save", "restore", "save-image-dumpxml", "save-image-define", "save-image-edit",
    "blockcopy", "blockcommit", "blockpull", "blockjob", "blockresize",
    "domblklist", "domblkinfo", "domblkerror", "domblkstat",
    "checkpoint-create", "checkpoint-create-as", "checkpoint-delete", "checkpoint-dumpxml",
    "checkpoint-edit", "checkpoint-info", "checkpoint-list", "checkpoint-parent",
    "backup-begin", "backup-dumpxml", "domjobinfo", "domjobabort", "domfsfreeze", "domfsthaw", "domfsinfo",
    "suspend", "resume", "shutdown", "reboot", "dominfo", "domid", "domname", "domuuid", "domrename",
    "domtime", "domstate", "event", "list", "dumpxml", "define", "undefine", "start", "destroy",
    "pool-list", "vol-list", "uri", "version", "hostname", "capabilities", "connect", "help", "echo", "cd",
    "pwd", "quit", "exit",
  ]

  /// The commands that both programs list in their help.
  static let shared: [String] = {
    func names(_ help: String?) -> Set<String> {
      let lines = (help ?? "").split(separator: "\n").filter { $0.hasPrefix("    ") }
      return Set(lines.compactMap { $0.split(separator: " ").first.map(String.init) })
    }
    let ours = names(try? ProgramRun.snapsh(["help"]).output)
    return names(try? ProgramRun.virsh(["help"]).output).intersection(ours).sorted()
  }()

  @Test("the commands of the trade are all there", arguments: SharedCommandTests.promised)
  func isThere(command: String) {
    #expect(Self.shared.contains(command))
  }

  /// The options of a command's help, each with whether it takes a value.
  private func options(_ help: String) -> [String: Bool] {
    let lines = help.split(separator: "\n", omittingEmptySubsequences: false)
    let section = lines.drop { $0 != "  OPTIONS" }.dropFirst().prefix { $0.hasPrefix("    ") }
    var options: [String: Bool] = [:]
    for line in section {
      let text = line.drop { $0 == " " }
      // virsh's echo has an option that is only written by its value.
      if let match = text.prefixMatch(of: /<([a-z]+)>/) { options[String(match.output.1)] = true }
      guard let match = text.prefixMatch(of: /\[?--([a-z0-9-]+)\]?( <(?:string|number)>)?/) else { continue }
      options[String(match.output.1)] = match.output.2 != nil
    }
    return options
  }

  @Test(
    "an option of virsh's is an option of ours, with a value or without", arguments: SharedCommandTests.shared
  )
  func hasOptions(command: String) throws {
    let differences = try String(
      contentsOfFile: packageDirectory + "/docs/virsh-differences.md", encoding: .utf8)
    let ours = options(try ProgramRun.snapsh(["help", command]).output)
    for (option, takesValue) in options(try ProgramRun.virsh(["help", command]).output) {
      // An option that is left out on purpose is named as the command line would have it.
      if differences.contains("`\(command) --\(option)`") && ours[option] == nil { continue }
      #expect(ours[option] == takesValue, "\(command) --\(option)")
    }
  }

  @Test(
    "without the options of our own the synopsis is virsh's: by place or by name, in the same order",
    arguments: SharedCommandTests.shared)
  func synopsis(command: String) throws {
    func synopsis(_ help: String) -> String {
      help.split(separator: "\n").drop { $0 != "  SYNOPSIS" }.dropFirst().first.map(String.init) ?? ""
    }
    let theirs = try ProgramRun.virsh(["help", command]).output
    let ours = try ProgramRun.snapsh(["help", command]).output
    let known = options(theirs)
    let added = options(ours).keys.filter { known[$0] == nil }
    // Only echo's words have no name in virsh's synopsis, though they can be given by it.
    let expected = synopsis(theirs).replacing(" [<string>]...", with: " [[--string] <string>]...")
    try #require(!expected.isEmpty)
    let stripped = try added.reduce(synopsis(ours)) { text, option in
      text.replacing(try Regex(" \\[\\[?--\(option)\\]?( <(string|number)>)?\\](\\.\\.\\.)?"), with: "")
    }
    #expect(stripped == expected)
  }

  @Test("every global option of virsh's help is taken, by its letter and by its name")
  func globalOptions() throws {
    let help = try ProgramRun.virsh(["--help"]).output
    let lines = help.split(separator: "\n").drop { $0 != "  options:" }.dropFirst()
      .prefix { !$0.hasPrefix("  commands") }
    let ours = try ProgramRun.snapsh(["--help"]).output
    var count = 0
    for line in lines {
      let form = line.matches(of: /(?:^|[ |])(--?[A-Za-z][a-z-]*)/).map { String($0.output.1) }
      for option in form.prefix(2) where line.hasPrefix("    -") || line.hasPrefix("         --") {
        count += 1
        #expect(ours.contains(option), "\(option)")
        let run = try ProgramRun.snapsh([option])
        #expect(!run.error.contains("unsupported option"), "\(option)")
      }
    }
    #expect(count >= 20)
  }
}
