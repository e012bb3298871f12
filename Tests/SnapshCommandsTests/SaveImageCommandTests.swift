import TestSupport
import Testing

@testable import SnapshCommands

@Suite("Commands on save images")
struct SaveImageCommandTests {
  private let directory: TemporaryDirectory
  private let golden = testdata("save-image/libvirt-9.0.save-head")

  init() throws {
    directory = try TemporaryDirectory()
  }

  private func run(_ arguments: String...) -> (status: Int32, output: String, error: String) {
    let output = MemorySink()
    let error = MemorySink()
    let status = Tool.run(arguments, environment: [:], console: Console(output: output, error: error))
    return (status, output.text, error.text)
  }

  @Test("info tells the guest, how it is restored, and where its memory stands")
  func info() {
    let text = run("save-image", "info", golden)
    #expect(text.status == 0)
    #expect(
      text.output == """
        Name:           golden
        UUID:           542fb632-f050-46d9-94bc-c49bc837b1a5
        Restored as:    running
        Compression:    raw
        Cookie:         yes
        Memory offset:  67836 bytes
        Memory length:  4096 bytes

        """)
    let json = run("--json", "save-image", "info", golden)
    #expect(json.output.contains(#""domain":"golden""#))
    #expect(
      json.output.contains(#""memoryLengthBytes":4096,"memoryOffsetBytes":67836,"resumesGuest":true"#))
  }

  @Test("the parts that are taken out make the same save image again")
  func takenApartAndPutTogether() throws {
    let memory = directory.file("memory")
    let written = run("save-image", "memory", golden, "--output", memory)
    #expect(written.output == "Memory stream of 4096 bytes written to \(memory)\n")
    let xml = try directory.write(text: run("save-image", "xml", golden).output, to: "domain.xml")
    let cookie = try directory.write(
      text: run("save-image", "xml", golden, "--cookie").output, to: "cookie.xml")
    let copy = directory.file("copy")
    let created = run(
      "save-image", "create", copy, "--xml", xml, "--memory", memory, "--cookie", cookie)
    #expect(created.status == 0, "\(created.error)")
    #expect(try TestSupport.run(["cmp", copy, golden]).succeeded)
    let paused = directory.file("paused")
    _ = run("save-image", "create", paused, "--xml", xml, "--memory", memory, "--paused", "--length", "100")
    let info = run("save-image", "info", paused)
    #expect(info.output.contains("Restored as:    paused\n"))
    #expect(info.output.contains("Cookie:         no\n"))
    #expect(info.output.hasSuffix("Memory length:  100 bytes\n"))
    #expect(run("save-image", "xml", "--cookie", paused).error.hasSuffix("has no cookie\n"))
  }

  @Test("a file in the way is kept, and a failure leaves no file behind")
  func nothingHalfWritten() throws {
    let taken = try directory.write(text: "mine", to: "taken")
    let xml = try directory.write(text: "<domain/>", to: "xml")
    let short = try directory.write(text: "QEVM", to: "short")
    let before = directory.files
    let refused = run("save-image", "memory", golden, "--output", taken)
    #expect(refused.status == 1)
    #expect(refused.error == "error: '\(taken)' exists already; remove it or choose another name\n")
    let new = directory.file("new")
    #expect(run("save-image", "create", new, "--xml", xml, "--memory", short).status == 1)
    #expect(run("save-image", "create", new, "--xml", short, "--memory", golden).status == 1)
    #expect(
      run("save-image", "create", new, "--xml", xml, "--memory", golden, "--length", "9999999").status == 1)
    #expect(run("save-image", "memory", xml, "--output", new).status == 1)
    #expect(directory.files == before)
    #expect(try TestSupport.run(["cat", taken]).stdout == "mine")
  }

  @Test("each error is one sentence that begins with the file")
  func errors() throws {
    let text = try directory.write(text: "<domain/>", to: "text")
    #expect(
      run("save-image", "info", text).error
        == "error: '\(text)': not a save image of libvirt's QEMU driver: it does not begin with \"LibvirtQemudSave\"\n"
    )
    let missing = directory.file("missing")
    #expect(
      run("save-image", "info", missing).error
        == "error: '\(missing)': cannot open it: No such file or directory\n")
    #expect(run("save-image", "info", "/tmp").error == "error: '/tmp': cannot read it: Is a directory\n")
    #expect(
      run("--json", "save-image", "info", missing).error
        == #"{"error":{"code":2,"kind":"save-image","message":"'\#(missing)': cannot open it: No such file or directory"}}"#
        + "\n")
  }
}
