import TestSupport
import Testing

/// virsh and snapsh side by side: the same words, the same output, the same errors, the same exit status.
@Suite("On libvirt's test driver snapsh does as virsh does")
struct ParityTests {
  @Test("the list of command lines was found, and is a long one")
  func listIsThere() {
    #expect(CommandLine.all.count >= 980)
    #expect(CommandLine.all.allSatisfy { !$0.words.isEmpty })
  }

  /// Whether a command of virsh's batch has failed; what undefine says of volumes that are not libvirt's is no failure.
  private func hasFailure(_ batch: ProgramRun) -> Bool {
    batch.error.split(separator: "\n").contains {
      $0.hasPrefix("error: ") && !$0.contains("is not managed by libvirt. Remove it manually.")
    }
  }

  @Test("the same words give the same text and status", arguments: CommandLine.all)
  func sameWords(line: CommandLine) throws {
    let expected = try ProgramRun.virsh(line.arguments)
    // virsh goes on after a command of a batch that failed, and forgets the failure; see docs/virsh-differences.md.
    let options = line.isBatch ? ["--keep-going"] : []
    let actual = try ProgramRun.snapsh(options + line.arguments)
    #expect(actual.output == expected.output)
    #expect(actual.error == expected.error)
    #expect(actual.status == (line.isBatch ? (hasFailure(expected) ? 1 : 0) : expected.status))
  }

  @Test(
    "the environment names the hypervisor where the command line does not",
    arguments: [
      ["LIBVIRT_DEFAULT_URI": "test:///default"], ["VIRSH_DEFAULT_CONNECT_URI": "test:///default"],
      ["VIRSH_DEFAULT_CONNECT_URI": "test:///default", "LIBVIRT_DEFAULT_URI": "test"],
      ["LIBVIRT_DEFAULT_URI": "test"], ["VIRSH_DEFAULT_CONNECT_URI": "test"],
    ])
  func environment(variables: [String: String]) throws {
    for words in [["list"], ["-q", "domstate", "test"], ["snapshot-list nosuch"]] {
      let expected = try ProgramRun.virsh(words, environment: variables)
      #expect(try ProgramRun.snapsh(words, environment: variables) == expected)
    }
  }
}
