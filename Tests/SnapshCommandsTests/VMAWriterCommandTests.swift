import Foundation
import TestSupport
import Testing

@testable import SnapshCommands

@Suite("vma-writer: both command lines of the proposal")
struct VMAWriterCommandTests {
  let runs: VMACommandRuns

  init() throws { runs = try VMACommandRuns() }

  private func writer(_ words: String) -> VMACommandRuns.Run {
    let arguments = ["vma-writer"] + words.split(separator: " ").map(String.init)
    let output = MemorySink()
    let error = MemorySink()
    let status = Tool.run(arguments, environment: [:], console: Console(output: output, error: error))
    return VMACommandRuns.Run(status: status, output: output.text, error: error.text)
  }

  @Test(
    "what does not fit together is refused in one sentence",
    arguments: [
      ("--output x", "there is nothing to receive; name drives, or a socket for the memory stream"),
      ("--output x --drive name=a,size=1M", "--drive needs --nbd, the address at which the disks are served"),
      ("--output x --nbd /s --drive size=1M", "--drive 'size=1M' has no name; write name=NAME,size=SIZE"),
      (
        "--output x --nbd /s --drive name=a,bus=scsi",
        "--drive takes name=NAME,size=SIZE, not 'name=a,bus=scsi'"
      ),
      ("--output x --nbd /s --drive name=a,name=b", "--drive takes name=NAME,size=SIZE, not 'name=a,name=b'"),
      (
        "--output x --nbd /s --drive name=a,size=-1",
        "'-1' is no size of 'a'; write bytes, or a number like 10G"
      ),
      (
        "--output x --nbd /s --drive name=a,size=99999999999E",
        "'99999999999E' is no size of 'a'; write bytes, or a number like 10G"
      ),
      (
        "--output x --blockdev a,tcp:1235",
        "the size of 'a' is not known; write ,size=SIZE behind it or give --size a=SIZE"
      ),
      ("--output x --blockdev a", "--blockdev takes NAME,ADDRESS[,size=SIZE], not 'a'"),
      (
        "--output x --blockdev a,tcp:h:x,size=1M",
        "'tcp:h:x' is no address: 'x' is no port number; write unix:PATH or tcp:HOST:PORT"
      ),
      (
        "--output x --blockdev a,tcp:0,size=1M",
        "'tcp:127.0.0.1:0' leaves the port to the system, and nobody would know it; choose one"
      ),
      ("--output x --blockdev a,/s,size=1M --size b=1M", "--size 'b=1M' belongs to no disk without a size"),
      (
        "--output x --incoming /a --vmstate /b",
        "--incoming and --vmstate are the same option; give one of them"
      ),
      (
        "--output x --nbd /s --drive name=a,size=1M --wait-for 2",
        "--wait-for takes 'all' or a number from 1 to 1, not '2'"
      ),
      ("--output x --incoming /a --timeout 0", "--timeout must be a number of seconds above 0"),
      (
        "--output x --nbd /s --drive name=a,size=1M --drive name=a,size=1M",
        "the drive 'a' is named twice; every drive needs a name of its own"
      ),
      (
        "--output x --nbd /no/such/directory/s --drive name=a,size=1M",
        "cannot listen at '/no/such/directory/s': No such file or directory"
      ),
    ])
  func refused(words: String, sentence: String) {
    let run = writer(words)
    #expect(run.error == "error: \(sentence)\n")
    #expect(run.output.isEmpty)
    #expect(run.status == 1)
  }

  @Test("a name that an archive cannot hold is refused before anything listens")
  func unsafeName() {
    let socket = runs.directory.file("s")
    let run = writer("--output \(runs.directory.file("x")) --nbd \(socket) --drive name=../a,size=1M")
    #expect(run.status == 1)
    #expect(run.error.contains("'../a'"))
    #expect(runs.entries.isEmpty)
  }

  @Test("called by a link of its name, the program is the command")
  func link() {
    #expect(Tool.words(of: ["/usr/bin/vma-writer", "--output=x"]) == ["vma-writer", "--output=x"])
    #expect(Tool.words(of: ["vma-writer"]) == ["vma-writer"])
    #expect(Tool.words(of: ["./snapsh", "list"]) == ["list"])
    #expect(Tool.words(of: []) == [])
  }
}
