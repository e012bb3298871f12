import Foundation
import TestSupport
import Testing

/// Each entry of docs/virsh-differences.md, seen on both sides.
@Suite("Where snapsh differs from virsh on purpose")
struct DeliberateDifferenceTests {
  private let node = "test://" + testdata("parity/node.xml")

  private func virsh(_ words: String..., environment: [String: String] = [:]) throws -> ProgramRun {
    try ProgramRun.virsh(["-c", node] + words, environment: environment)
  }

  private func snapsh(_ words: String..., environment: [String: String] = [:]) throws -> ProgramRun {
    try ProgramRun.snapsh(["-c", node] + words, environment: environment)
  }

  @Test("a batch stops at the first failure and tells of it; virsh goes on and ends with the last status")
  func batch() throws {
    let batch = "domstate nosuch; domstate alpha"
    let theirs = try virsh(batch)
    #expect(theirs.status == 0)
    #expect(theirs.output == "\nrunning\n\n")
    let ours = try snapsh(batch)
    #expect(ours.status == 1)
    #expect(ours.output == "\n")
    #expect(ours.error == theirs.error)
    let carriedOn = try ProgramRun.snapsh(["--keep-going", "-c", node, batch])
    #expect(carriedOn.status == 1)
    #expect(carriedOn.output == theirs.output)
  }

  @Test("commands on standard input stop at the first failure too; virsh goes on, and ends with 0")
  func standardInput() throws {
    let lines = Array("domstate nosuch\ndomstate alpha\n".utf8)
    let settings = ["LIBVIRT_LOG_OUTPUTS": "4:file:/dev/null"]
    let theirs = try TestSupport.virsh(["-q", "-c", node], stdin: lines, environment: settings)
    #expect(theirs.status == 0)
    #expect(theirs.stdout.contains("running\n"))
    #expect(theirs.stderr == "error: failed to get domain 'nosuch'\n")
    let ours = try TestSupport.snapsh(["-q", "-c", node], stdin: lines, environment: settings)
    #expect(ours.status == 1)
    #expect(ours.stdout.isEmpty)
    #expect(ours.stderr == theirs.stderr)
    let carriedOn = try TestSupport.snapsh(
      ["-q", "--keep-going", "-c", node], stdin: lines, environment: settings)
    #expect(carriedOn.status == 1)
    #expect(carriedOn.stdout == "running\n")
  }

  @Test("managedsave ends every time; virsh's may wait for ever for a thread that has ended")
  func managedSaveEnds() throws {
    let cycles = Array(repeating: "managedsave alpha; start alpha", count: 300).joined(separator: "; ")
    let ours = try snapsh("-q", cycles)
    #expect(ours.status == 0)
    #expect(ours.error.isEmpty)
  }

  @Test("redefining with --halt is refused and the guest goes on; virsh redefines and stops the guest")
  func redefineAndHalt() throws {
    let file = testdata("parity/redefine.xml")
    let batch = "start beta; snapshot-create beta \(file) --redefine --halt; domstate beta"
    let theirs = try virsh(batch)
    #expect(theirs.output.contains("Domain snapshot redefined created from '\(file)'"))
    #expect(theirs.output.hasSuffix("shut off\n\n"))
    let ours = try ProgramRun.snapsh(["--keep-going", "-c", node, batch])
    #expect(
      ours.error
        == "error: Flags 'VIR_DOMAIN_SNAPSHOT_CREATE_REDEFINE' and 'VIR_DOMAIN_SNAPSHOT_CREATE_HALT' are mutually exclusive\n"
    )
    #expect(ours.output.hasSuffix("running\n\n"))
    #expect(ours.status == 1)
  }

  @Test(
    "a mirror that the driver cannot keep is refused; virsh hands it to a libvirt that drops it without a word"
  )
  func mirrorInDocument() throws {
    let file = testdata("parity/mirror.xml")
    let batch = "snapshot-create beta \(file)"
    #expect(try !virsh(batch).error.contains("mirror"))
    let ours = try snapsh(batch)
    #expect(ours.error == "error: argument unsupported: unable to handle mirroring for 'vda'\n")
    #expect(ours.status == 1)
  }

  @Test("a mirror in a diskspec is understood; virsh cannot parse it")
  func mirrorInDiskspec() throws {
    let words = "snapshot-create-as beta s --print-xml --diskspec vda,file=/a,mirror=/b"
    #expect(try virsh(words).error == "error: unable to parse diskspec: vda,file=/a,mirror=/b\n")
    let ours = try snapsh(words)
    #expect(ours.status == 0)
    #expect(ours.output.contains("<mirror file='/b'/>"))
  }

  @Test("an empty diskspec is an error; virsh makes a broken document of it")
  func emptyDiskspec() throws {
    let words = "snapshot-create-as beta s --print-xml --diskspec ''"
    let theirs = try virsh(words)
    #expect(theirs.status == 0)
    #expect(theirs.output.contains("  <disks>\n    />\n"))
    #expect(try snapsh(words).error == "error: unable to parse diskspec: \n")
    let checkpoint = "checkpoint-create-as beta c --print-xml --diskspec ''"
    #expect(try virsh(checkpoint).output.contains("  <disks>\n    />\n"))
    #expect(try snapsh(checkpoint).error == "error: unable to parse diskspec: \n")
  }

  @Test("a wrong XPath expression is an error; virsh prints libxml2's words and ends with 0")
  func wrongXPath() throws {
    let words = "dumpxml alpha --xpath '//['"
    let theirs = try virsh(words)
    #expect(theirs.status == 0)
    #expect(theirs.error.hasPrefix("XPath error : Invalid expression"))
    let ours = try snapsh(words)
    #expect(ours.status == 1)
    #expect(ours.error.hasPrefix("error: "))
    #expect(ours.error.contains("'//['"))
    #expect(ours.error.split(separator: "\n").count == 1)
  }

  @Test("an empty XPath expression is an error with a sentence; virsh fails without one")
  func emptyXPath() throws {
    let words = "dumpxml alpha --xpath ''"
    let theirs = try virsh(words)
    #expect(theirs.status == 1)
    #expect(theirs.error.isEmpty)
    let ours = try snapsh(words)
    #expect(ours.status == 1)
    #expect(ours.error == "error: Failed to get option 'xpath': Option argument is empty\n")
  }

  @Test("an empty or binary file is told as such; virsh prints (null) or the bytes themselves")
  func filesThatAreNoText() throws {
    let directory = try TemporaryDirectory()
    let empty = try directory.write(text: " \n", to: "empty.xml")
    #expect(try virsh("define", empty).error.contains("(domain_definition):"))
    let ours = try snapsh("define", empty)
    #expect(ours.error == "error: File '\(empty)' is empty: an XML document is expected\n")
    #expect(ours.status == 1)
    let binary = try directory.write([0xFF, 0xFE, 0x00, 0x01, 0x80, 0x00], to: "binary.xml")
    let refused = try snapsh("snapshot-create", "beta", binary)
    #expect(refused.error.hasPrefix("error: File '\(binary)' is not an XML document\nerror: "))
    #expect(refused.status == 1)
    let theirs = try virsh("snapshot-create", "beta", binary)
    #expect(theirs.error != refused.error)
  }

  @Test("a document in another encoding that it declares is understood; virsh sends its bytes as they are")
  func otherEncodings() throws {
    let directory = try TemporaryDirectory()
    let text =
      "<?xml version='1.0' encoding='ISO-8859-1'?>\n<domainsnapshot><name>Gr\u{FC}n</name></domainsnapshot>"
    let file = try directory.write(text.unicodeScalars.map { UInt8($0.value) }, to: "latin1.xml")
    let ours = try snapsh("snapshot-create beta \(file); snapshot-list beta --name")
    #expect(ours.output == "Domain snapshot Gr\u{FC}n created from '\(file)'\nGr\u{FC}n\n\n")
    #expect(try virsh("snapshot-create beta \(file); snapshot-list beta --name") != ours)
  }

  @Test("tables are UTF-8 in every locale; virsh escapes all but ASCII under LC_ALL=C")
  func localeOfTables() throws {
    let theirs = try virsh("list", environment: ["LC_ALL": "C"])
    #expect(theirs.output.contains(#" d\xff\xfflta "#))
    let ours = try snapsh("list", environment: ["LC_ALL": "C"])
    #expect(ours.output == (try virsh("list").output))
  }

  @Test("what cannot be printed is escaped as the bytes it has; virsh writes ff for every byte beyond ASCII")
  func escapes() throws {
    let directory = try TemporaryDirectory()
    let title = "a\u{2028}b"
    let file = try directory.write(
      text:
        "<node><domain type='test'><name>n</name><title>\(title)</title><memory>1</memory><os><type>hvm</type></os></domain></node>",
      to: "node.xml")
    let words = ["-c", "test://\(file)", "list", "--title"]
    #expect(try ProgramRun.virsh(words).output.contains(#"a\xff\xff\xffb"#))
    #expect(try ProgramRun.snapsh(words).output.contains(#"a\xe2\x80\xa8b"#))
  }

  @Test(
    "a flag that the driver does not know is an error; virsh undefines without it",
    arguments: ["--keep-nvram", "--tpm", "--keep-tpm", "--checkpoints-metadata"])
  func unknownUndefineFlags(flag: String) throws {
    let theirs = try virsh("undefine", "beta", flag)
    #expect(theirs.status == 0)
    let ours = try snapsh("undefine", "beta", flag)
    #expect(ours.status == 1)
    #expect(ours.error.hasPrefix("error: Failed to undefine domain 'beta'\nerror: unsupported flags "))
  }

  @Test("libvirt's log lines stay off the error stream unless asked for; virsh lets them through")
  func logLines() throws {
    // An empty value is no value to libvirt, so that virsh's default comes back.
    let theirs = try TestSupport.virsh(
      ["-c", node, "domstate", "alpha"], environment: ["LIBVIRT_LOG_OUTPUTS": nil])
    #expect(theirs.stderr.contains("warning : "))
    let ours = try TestSupport.snapsh(
      ["-c", node, "domstate", "alpha"], environment: ["LIBVIRT_LOG_OUTPUTS": nil])
    #expect(ours.stderr.isEmpty)
    let asked = try TestSupport.snapsh(
      ["-c", node, "domstate", "alpha"], environment: ["LIBVIRT_LOG_OUTPUTS": "3:stderr"])
    #expect(asked.stderr.contains("warning : "))
  }

  @Test("start --console is refused before the guest is started; virsh attaches to the console")
  func console() throws {
    let batch = "start beta --console; domstate beta"
    let ours = try ProgramRun.snapsh(["--keep-going", "-c", node, batch])
    #expect(ours.error.hasPrefix("error: start --console is not offered here"))
    #expect(ours.output == "\nshut off\n\n")
    // Without a terminal virsh starts the guest, and then cannot attach.
    #expect(try virsh(batch).output.contains("running"))
  }

  @Test(
    "a size that cuts a disk off needs its unit and --shrink; virsh cuts 64 MiB down to 1 KiB for a lone 1")
  func shrinkingResize() throws {
    let lines = ["blockresize bare vda 1", "domblkinfo bare vda"]
    let theirs = try RealGuest.with { try $0.run(.virsh, lines) }
    #expect(theirs.output.hasPrefix("Block device 'vda' is resized\nCapacity:       1024\n"))
    try RealGuest.with { guest in
      let ours = try guest.run(.snapsh, lines)
      #expect(ours.status == 1)
      #expect(ours.error.contains("write the unit behind the number"))
      #expect(ours.output.contains("Capacity:       67108864\n"))
      let withUnit = try guest.run(.snapsh, ["blockresize bare vda 32M", "domblkinfo bare vda"])
      #expect(withUnit.status == 1)
      #expect(withUnit.error.contains("add --shrink"))
      #expect(withUnit.output.contains("Capacity:       67108864\n"))
      #expect(try guest.run(.snapsh, ["blockresize bare vda 1 --shrink"]).status == 1)
      let meant = try guest.run(.snapsh, ["blockresize bare vda 32M --shrink", "domblkinfo bare vda"])
      #expect(meant.status == 0)
      #expect(meant.output.contains("Capacity:       33554432\n"))
    }
  }

  @Test("Ctrl-C cancels a job that is waited for, and the status says so; virsh's is that of any failure")
  func interruptedBlockJob() throws {
    func interrupt(_ program: RealGuest.Program) throws -> (run: ProcessResult, job: RealGuest.Transcript) {
      try RealGuest.with { guest in
        let command = [
          "-c", guest.uri, "blockcopy", "bare", "vda", "--dest", guest.path("copy"), "--transient-job",
          "--wait", "--verbose", "--bandwidth", "100000", "--bytes",
        ]
        // The signal is sent once progress shows that the job runs. A shell's background jobs ignore it, and what is
        // ignored stays so in snapsh.
        let script = """
          progress=$1; shift
          env --default-signal=INT "$@" 2>"$progress" & job=$!
          until grep -qs % "$progress"; do sleep 0.1; done
          kill -INT $job; wait $job
          """
        let name = program == .virsh ? "virsh" : snapshBinary
        let result = try run(
          ["sh", "-c", script, "sh", guest.path("progress"), name] + command,
          environment: ["LIBVIRT_LOG_OUTPUTS": "4:file:/dev/null"], timeout: 60)
        return (result, try guest.run(.virsh, ["blockjob bare vda"]))
      }
    }
    let theirs = try interrupt(.virsh)
    #expect(theirs.run.status == 1)
    let ours = try interrupt(.snapsh)
    #expect(ours.run.status == 130)
    #expect(ours.run.stdout == theirs.run.stdout)
    #expect(ours.run.stdout == "\nCopy aborted\n")
    #expect(ours.job.output == "No current block job for vda\n")
  }

  @Test("save ends every time; virsh's may wait for ever for a thread that has ended")
  func saveEnds() throws {
    let directory = try TemporaryDirectory()
    let file = directory.file("alpha.save")
    let cycles = Array(repeating: "save alpha \(file); restore \(file)", count: 100).joined(separator: "; ")
    let ours = try snapsh("-q", cycles)
    #expect(ours.status == 0)
    #expect(ours.error.isEmpty)
  }

  @Test("an edit that libvirt refuses is an error and its text is kept; virsh has nobody to ask and crashes")
  func refusedEdit() throws {
    let directory = try TemporaryDirectory()
    let settings = ["VISUAL": "sed -i 's/<domainsnapshot>/<wrong>/'", "TMPDIR": directory.path]
    let theirs = try virsh("snapshot-edit", "alpha", "base", environment: settings)
    #expect(theirs.error.hasPrefix("error: Failed."))
    #expect(theirs.status != 1)
    let ours = try snapsh("snapshot-edit", "alpha", "base", environment: settings)
    #expect(ours.status == 1)
    #expect(ours.error.hasPrefix("error: Failed to update base\n"))
    let kept = try #require(ours.error.firstMatch(of: /the edited text is kept in '([^']+)'/)).output.1
    #expect(kept.hasPrefix(directory.path))
    let text = try String(contentsOfFile: String(kept), encoding: .utf8)
    #expect(text.hasPrefix("<wrong>"))
    var information = stat()
    #expect(stat(String(kept), &information) == 0)
    #expect(information.st_mode & 0o777 == 0o600)
  }

  @Test(
    "a document edited to another name is refused before anything is defined; virsh defines, then takes back")
  func editedName() throws {
    let directory = try TemporaryDirectory()
    let settings = ["VISUAL": "sed -i 's/<name>s</<name>other</'", "TMPDIR": directory.path]
    let batch = "snapshot-create-as beta s; snapshot-edit beta s; snapshot-list beta --name"
    let theirs = try virsh(batch, environment: settings)
    #expect(theirs.output.contains("other"))
    let ours = try ProgramRun.snapsh(["--keep-going", "-c", node, batch], environment: settings)
    #expect(ours.error.contains("error: Must use --rename or --clone to change s to other\n"))
    #expect(!ours.output.contains("other"))
    #expect(ours.status == 1)
  }

  @Test("an editor that fails is told with its status; virsh tells of a child process")
  func failingEditor() throws {
    let settings = ["VISUAL": "false"]
    #expect(
      try virsh("snapshot-edit", "alpha", "base", environment: settings).error.contains("Child process"))
    let ours = try snapsh("snapshot-edit", "alpha", "base", environment: settings)
    #expect(ours.error == "error: Failed to update base\nerror: the editor 'false' ended with status 1\n")
    #expect(ours.status == 1)
  }

  @Test("at the question after a refused edit 'no' keeps the edited text; virsh throws it away")
  func abandonedEdit() throws {
    func abandon(_ program: String) throws -> (text: String, kept: [String]) {
      let directory = try TemporaryDirectory()
      let terminal = try PseudoTerminal(
        [program, "-c", node, "snapshot-edit", "alpha", "base"],
        environment: [
          "TERM": "dumb", "LC_ALL": "C.UTF-8", "VISUAL": "sed -i s/domainsnapshot/wrong/",
          "TMPDIR": directory.path, "LIBVIRT_LOG_OUTPUTS": "4:file:/dev/null",
          "PATH": ProcessInfo.processInfo.environment["PATH"] ?? "",
        ])
      try terminal.wait(for: "Failed. Try again? [y,n,f,?]: ")
      terminal.type("n")
      #expect(try terminal.waitForEnd() == 1)
      return (terminal.transcript, directory.files)
    }
    let theirs = try abandon(require(tool: "virsh"))
    #expect(theirs.text.contains("error: Failed to update base"))
    #expect(theirs.kept.isEmpty)
    let ours = try abandon(snapshBinary)
    #expect(ours.text.contains("error: Failed to update base\r\nerror: the edited text is kept in '"))
    #expect(ours.kept.count == 1)
  }

  @Test("every entry of the document has a test here, by name")
  func documentIsComplete() throws {
    let document = String(
      decoding: try Data(contentsOf: URL(fileURLWithPath: packageDirectory + "/docs/virsh-differences.md")),
      as: UTF8.self)
    let directory = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    let source = try ["DeliberateDifferenceTests.swift", "GuestDifferenceTests.swift"].map { file in
      String(decoding: try Data(contentsOf: directory.appendingPathComponent(file)), as: UTF8.self)
    }.joined()
    let named = document.matches(of: /`([a-zA-Z]+)\(\)`/).map { String($0.output.1) }
    #expect(named.count >= 15)
    for name in named {
      #expect(source.contains("func \(name)("), "docs/virsh-differences.md names \(name)()")
    }
  }

  @Test("notes of -d go to standard error where the output is JSON; virsh has no JSON, and prints them all")
  func notesInJSON() throws {
    let theirs = try ProgramRun.virsh(["-d", "0", "-c", node, "dominfo", "alpha"])
    #expect(theirs.output.contains("Domain persistent flag value: 1\n"))
    let ours = try ProgramRun.snapsh(["-d", "0", "-c", node, "dominfo", "alpha"])
    #expect(ours.output.hasPrefix("dominfo: domain(optdata): alpha\n"))
    #expect(!ours.output.contains("persistent flag value"))
    let json = try ProgramRun.snapsh(["-d", "0", "--json", "-c", node, "dominfo", "alpha"])
    #expect(json.output.hasPrefix("{") && json.output.split(separator: "\n").count == 1)
    #expect(json.error.hasPrefix("dominfo: domain(optdata): alpha\n"))
  }

  @Test("a wrong debug level in the environment is told once; virsh tells it twice")
  func wrongDebugLevel() throws {
    let line = "error: VIRSH_DEBUG not set with a valid numeric value\n"
    #expect(try virsh("domid", "alpha", environment: ["VIRSH_DEBUG": "9"]).error == line + line)
    #expect(try snapsh("domid", "alpha", environment: ["VIRSH_DEBUG": "9"]).error == line)
  }
}
