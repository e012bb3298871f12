import Foundation
import TestSupport
import Testing

@Suite("An edit that libvirt refuses, with a person at a terminal")
struct EditPromptTests {
  private static let question = "\rFailed. Try again? [y,n,f,?]: "

  private let directory: TemporaryDirectory

  init() throws {
    directory = try TemporaryDirectory()
  }

  /// Edits a fresh snapshot with an editor that makes the document wrong at first, and right the next time.
  private func edit(with program: String) throws -> PseudoTerminal {
    let count = directory.file("count-\(UUID().uuidString)")
    let editor = try directory.write(
      text: """
        if [ -e \(count) ]; then
          sed -i 's/<wrong>/<domainsnapshot>/; s/before/after/' "$1"
        else
          sed -i 's/<domainsnapshot>/<wrong>/' "$1"
        fi
        touch \(count)
        """, to: "editor.sh")
    return try PseudoTerminal(
      [
        program, "-c", "test:///default",
        "snapshot-create-as test s before; snapshot-edit test s; snapshot-dumpxml test s --xpath //description",
      ],
      environment: [
        "TERM": "dumb", "LC_ALL": "C.UTF-8", "VISUAL": "sh \(editor)", "TMPDIR": directory.path,
        "PATH": ProcessInfo.processInfo.environment["PATH"] ?? "", "LIBVIRT_LOG_OUTPUTS": "4:file:/dev/null",
      ])
  }

  @Test("one key decides, as with virsh: ? explains, another asks again, y goes back to the same text")
  func editAgain() throws {
    for program in [try require(tool: "virsh"), snapshBinary] {
      let terminal = try edit(with: program)
      let refusal = try terminal.wait(for: Self.question)
      #expect(refusal.contains("error: (domain_snapshot):"))
      terminal.type("?")
      let help = try terminal.wait(for: Self.question)
      for line in [
        "y - yes, start editor again", "n - no, ", "f - force, try to redefine again", "? - print",
      ] {
        #expect(help.contains("\n\(line)"))
      }
      terminal.type("x")
      try terminal.wait(for: Self.question)
      terminal.type("Y")
      try terminal.wait(for: "Snapshot s edited.")
      try terminal.wait(for: "<description>after</description>")
      #expect(try terminal.waitForEnd() == 0)
    }
  }

  @Test("f tries the same text once more")
  func force() throws {
    for program in [try require(tool: "virsh"), snapshBinary] {
      let terminal = try edit(with: program)
      try terminal.wait(for: Self.question)
      terminal.type("f")
      let again = try terminal.wait(for: Self.question)
      #expect(again.contains("error: (domain_snapshot):"))
      terminal.type("n")
      try terminal.wait(for: "error: Failed to update s")
    }
  }

  @Test(
    "n, Ctrl-C and Ctrl-D give up; the text stays, and the terminal is as it was",
    arguments: ["n", "\u{3}", "\u{4}"])
  func giveUp(key: String) throws {
    let terminal = try edit(with: snapshBinary)
    try terminal.wait(for: Self.question)
    terminal.type(key)
    try terminal.wait(for: "error: Failed to update s\r\nerror: the edited text is kept in '")
    let file = try terminal.wait(for: "'")
    #expect(try terminal.waitForEnd() == 1)
    #expect(file.hasPrefix(directory.path))
    #expect(try String(contentsOfFile: file, encoding: .utf8).hasPrefix("<wrong>"))
    // What libvirt had said was told before the question, once.
    #expect(terminal.transcript.components(separatedBy: "Opening and ending tag mismatch").count == 2)
  }

  @Test("in the shell Ctrl-C at the question ends the command and not the shell")
  func inTheShell() throws {
    let terminal = try PseudoTerminal(
      [snapshBinary, "-c", "test:///default"],
      environment: [
        "TERM": "dumb", "LC_ALL": "C.UTF-8", "VISUAL": "sed -i s/domainsnapshot/wrong/",
        "TMPDIR": directory.path, "XDG_STATE_HOME": directory.path,
        "PATH": ProcessInfo.processInfo.environment["PATH"] ?? "",
      ])
    try terminal.wait(for: "snapsh # ")
    terminal.type("snapshot-create-as test s; snapshot-edit test s\n")
    try terminal.wait(for: Self.question)
    terminal.type("\u{3}")
    try terminal.wait(for: "error: Failed to update s")
    try terminal.wait(for: "snapsh # ")
    // The line is shown as it is typed, and can be edited: the terminal's own settings are back.
    terminal.type("domstate tesx\u{7f}t\n")
    try terminal.wait(for: "running")
    try terminal.wait(for: "snapsh # ")
    terminal.type("quit\n")
    #expect(try terminal.waitForEnd() == 0)
  }
}
