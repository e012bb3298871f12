import TestSupport
import Testing

@Suite("The shell, typed at through a terminal")
struct ShellTerminalTests {
  private let state: TemporaryDirectory

  init() throws {
    state = try TemporaryDirectory()
  }

  private func shell(
    on uri: String = "test:///default", _ environment: [String: String] = [:]
  ) throws -> PseudoTerminal {
    try PseudoTerminal(
      [snapshBinary, "-c", uri],
      environment: ["TERM": "xterm", "XDG_STATE_HOME": state.path, "LC_ALL": "C.UTF-8"]
        .merging(environment) { $1 })
  }

  @Test("a command, a domain and a snapshot complete on TAB, and the connection lasts from line to line")
  func completion() throws {
    let terminal = try shell()
    try terminal.wait(for: "snapsh # ")
    terminal.type("snapshot-create-as te\t")
    try terminal.wait(for: "st ")
    terminal.type("before-upgrade\n")
    try terminal.wait(for: "Domain snapshot before-upgrade created")
    try terminal.wait(for: "snapsh # ")
    terminal.type("snapshot-inf\t")
    try terminal.wait(for: "o ")
    terminal.type("test befo\t")
    try terminal.wait(for: "re-upgrade ")
    terminal.type("\n")
    try terminal.wait(for: "Name:           before-upgrade")
    try terminal.wait(for: "snapsh # ")
    terminal.type("quit\n")
    #expect(try terminal.waitForEnd() == 0)
  }

  @Test("several candidates are listed on the second TAB")
  func candidates() throws {
    let terminal = try shell()
    try terminal.wait(for: "snapsh # ")
    terminal.type("managedsave\t\t")
    try terminal.wait(for: "managedsave-remove")
    try terminal.wait(for: "snapsh # managedsave")
    terminal.type("-remove nosuch\n")
    try terminal.wait(for: "error: failed to get domain 'nosuch'")
    try terminal.wait(for: "snapsh # ")
    terminal.type("quit\n")
    #expect(try terminal.waitForEnd() == 0)
  }

  @Test("the end of the input ends the shell")
  func endOfInput() throws {
    let terminal = try shell()
    try terminal.wait(for: "snapsh # ")
    #expect(try terminal.waitForEnd(typing: "\u{4}") == 0)
  }

  @Test("Ctrl-C drops the line and keeps the shell")
  func interrupt() throws {
    let terminal = try shell()
    try terminal.wait(for: "snapsh # ")
    terminal.type("destroy te")
    try terminal.wait(for: "destroy te")
    terminal.type("\u{3}")
    try terminal.wait(for: "snapsh # ")
    terminal.type("list --name\n")
    try terminal.wait(for: "test\r\n")
    try terminal.wait(for: "snapsh # ")
    terminal.type("quit\n")
    #expect(try terminal.waitForEnd() == 0)
  }

  @Test("a mistake is told and the shell goes on")
  func mistake() throws {
    let terminal = try shell()
    try terminal.wait(for: "snapsh # ")
    terminal.type("nosuch\n")
    try terminal.wait(for: "error: unknown command: 'nosuch'")
    try terminal.wait(for: "snapsh # ")
    terminal.type("domstate test\n")
    try terminal.wait(for: "running")
    try terminal.wait(for: "snapsh # ")
    terminal.type("quit\n")
    #expect(try terminal.waitForEnd() == 0)
  }

  @Test("the next shell knows the lines of the last one, and nobody else may read them")
  func history() throws {
    let first = try shell()
    try first.wait(for: "snapsh # ")
    first.type("domstate test\n")
    try first.wait(for: "running")
    try first.wait(for: "snapsh # ")
    first.type("quit\n")
    #expect(try first.waitForEnd() == 0)
    let second = try shell()
    try second.wait(for: "snapsh # ")
    // The newest line is the `quit` of the first shell.
    second.type("\u{1b}[A\u{1b}[A\n")
    try second.wait(for: "running")
    try second.wait(for: "snapsh # ")
    second.type("quit\n")
    #expect(try second.waitForEnd() == 0)
    #expect(try run(["stat", "-c", "%a", state.file("snapsh/history")]).check().stdout == "600\n")
  }

  @Test("snapshots, checkpoints, disks, options and files complete, a value behind its option too")
  func liveNames() throws {
    let terminal = try shell(on: "test://" + testdata("parity/node.xml"))
    try terminal.wait(for: "snapsh # ")
    func complete(_ typed: String, to rest: String) throws {
      terminal.type(typed + "\t")
      try terminal.wait(for: rest)
      terminal.type("\u{15}")
    }
    try complete("snapshot-info --domain=al", to: "pha ")
    try complete("snapshot-info --domain=alpha --snapshotname=Ri", to: "ght ")
    try complete("snapshot-info alpha --cur", to: "rent ")
    try complete("event --event block-job-", to: "2 ")
    try complete("help snapshot-rev", to: "ert")
    try complete("domstate alpha; domblkinfo alpha hd", to: "c ")
    try complete("define \(testdata("parity"))/node", to: ".xml ")
    try complete("define /us", to: "r/")
    terminal.type("checkpoint-create-as beta first-one\n")
    try terminal.wait(for: "error: ")
    try terminal.wait(for: "snapsh # ")
    terminal.type("start beta; checkpoint-create-as beta first-one\n")
    try terminal.wait(for: "Domain checkpoint first-one created")
    try terminal.wait(for: "snapsh # ")
    try complete("checkpoint-info beta fir", to: "st-one ")
    terminal.type("quit\n")
    #expect(try terminal.waitForEnd() == 0)
  }

  @Test("a name with blanks and umlauts completes quoted as it was begun, and the line works")
  func quotedNames() throws {
    for environment in [[:], ["LC_ALL": "C"]] {
      let terminal = try shell(on: "test://" + testdata("parity/node.xml"), environment)
      try terminal.wait(for: "snapsh # ")
      for typed in [
        "snapshot-info alpha Ä\t\n", "snapshot-info alpha 'Äl\t\n", "snapshot-info alpha \"Äl\t\n",
      ] {
        terminal.type(typed)
        try terminal.wait(for: "Name:           Älter 日本")
        try terminal.wait(for: "snapsh # ")
      }
      terminal.type("echo Grün\\ 日本\n")
      try terminal.wait(for: "\nGrün 日本\r\n")
      try terminal.wait(for: "snapsh # ")
      terminal.type("quit\n")
      #expect(try terminal.waitForEnd() == 0)
    }
  }

  @Test("bytes that are no text are not typed, and do not end the shell")
  func bytesThatAreNoText() throws {
    let terminal = try shell()
    try terminal.wait(for: "snapsh # ")
    terminal.type(bytes: Array("echo a".utf8) + [0xFF, 0xE6] + Array("b\n".utf8))
    try terminal.wait(for: "\nab\r\n")
    try terminal.wait(for: "snapsh # ")
    terminal.type("quit\n")
    #expect(try terminal.waitForEnd() == 0)
  }

  @Test(
    "comments and quotes are virsh's",
    arguments: [
      "echo one # two", "echo 'a  b' \"c d\" e\\ f", "echo one; echo two # three; echo four",
      "# nothing", "echo \"one", "echo one\\", "echo a#b 'it''s' \"x\\\"y\"", "echo --shell 'a b' c",
    ])
  func commentsAndQuotes(line: String) throws {
    func answer(_ program: String, prompt: String) throws -> String {
      let terminal = try PseudoTerminal(
        [program, "-c", "test:///default"],
        environment: [
          "TERM": "dumb", "XDG_STATE_HOME": state.path, "XDG_CACHE_HOME": state.path, "LC_ALL": "C.UTF-8",
          "LIBVIRT_LOG_OUTPUTS": "4:file:/dev/null",
        ])
      try terminal.wait(for: prompt)
      terminal.type(line + "\necho =end=\n")
      return try terminal.wait(for: "\n=end=")
    }
    func plain(_ text: String) -> [Substring] {
      let text = text.replacing(/\e\[\?2004[lh]/, with: "").replacing("\r", with: "")
      // What is typed before the editor has the terminal is echoed by both, with or without a prompt.
      return text.split(separator: "\n").filter { text in
        ![line, "echo =end=", "sh # "].contains { text.hasSuffix($0) }
      }
    }
    let expected = plain(try answer(require(tool: "virsh"), prompt: "virsh # "))
    #expect(plain(try answer(snapshBinary, prompt: "snapsh # ")) == expected)
  }
}
