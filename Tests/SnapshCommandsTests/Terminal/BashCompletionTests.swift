import Foundation
import TestSupport
import Testing

@Suite("The completion script, driven by a bash")
struct BashCompletionTests {
  private let directory: TemporaryDirectory

  init() throws {
    directory = try TemporaryDirectory()
    try FileManager.default.createSymbolicLink(
      atPath: directory.file("snapsh"), withDestinationPath: snapshBinary)
    try directory.write(
      text: """
        PATH=\(directory.path):$PATH
        PS1='$ '
        bind 'set bell-style none' 'set enable-bracketed-paste off'
        source <(snapsh completion bash)
        """, to: "bashrc")
  }

  /// A bash that has read the script and waits.
  private func bash() throws -> PseudoTerminal {
    let terminal = try PseudoTerminal(
      [try require(tool: "bash"), "--noprofile", "--rcfile", directory.file("bashrc"), "-i"],
      environment: [
        "TERM": "dumb", "LC_ALL": "C.UTF-8", "HOME": directory.path,
        "PATH": ProcessInfo.processInfo.environment["PATH"] ?? "",
      ])
    try terminal.wait(for: "$ ")
    return terminal
  }

  private var node: String { "test://" + testdata("parity/node.xml") }

  @Test("commands, options and fixed words")
  func words() throws {
    let terminal = try bash()
    for (typed, rest) in [
      ("snapsh snapshot-rev", "ert "), ("snapsh --wait", "-for-job "), ("snapsh --progress pl", "ain "),
      ("snapsh --progress=pl", "ain "), ("snapsh -c test:///d", "efault "), ("snapsh vma cr", "eate "),
      ("snapsh completion b", "ash "), ("snapsh help domblke", "rror "),
      ("FOO=bar snapsh snapshot-par", "ent "),
      ("snapsh event --li", "st "), ("snapsh define /us", "r/"),
    ] {
      terminal.type(typed + "\t")
      try terminal.wait(for: typed + rest)
      terminal.type("\u{15}")
    }
  }

  @Test("the names that exist right now, in every spelling of a connection")
  func liveNames() throws {
    let terminal = try bash()
    for connection in ["-c \(node)", "--connect=\(node)", "-c '\(node)'", "-q --connect \"\(node)\""] {
      for (typed, rest) in [
        ("dominfo al", "pha "), ("snapshot-info alpha Ri", "ght "), ("snapshot-info --domain=al", "pha "),
        ("snapshot-info --domain alpha --snapshotname=Ri", "ght "), ("domblkinfo alpha hd", "c "),
      ] {
        terminal.type("snapsh \(connection) \(typed)\t")
        try terminal.wait(for: typed + rest)
        terminal.type("\u{15}")
      }
    }
  }

  @Test("a name with blanks is quoted, and what has been completed runs")
  func quotedNames() throws {
    let terminal = try bash()
    for typed in ["Äl\t\n", "\"Äl\t\n", "'Äl\t\n"] {
      terminal.type("snapsh -c \(node) snapshot-info alpha \(typed)")
      try terminal.wait(for: "Name:           Älter 日本")
      try terminal.wait(for: "$ ")
    }
  }

  @Test("several candidates are listed, and a mistake completes to nothing")
  func candidates() throws {
    let terminal = try bash()
    terminal.type("snapsh snapshot-create\t\t")
    try terminal.wait(for: "snapshot-create     snapshot-create-as")
    terminal.type("\u{15}")
    terminal.type("snapsh -c nosuch:///x dominfo a\t\tb; echo done\n")
    try terminal.wait(for: "\ndone")
  }
}
