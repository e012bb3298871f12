import Foundation
import TestSupport
import Testing

@testable import SnapshCommands

@Suite("What commands without a hypervisor print with --json matches their schemas")
struct LocalOutputTests {
  private let directory: TemporaryDirectory

  init() throws {
    directory = try TemporaryDirectory()
    var disk = TestDisk(size: 1 << 20)
    disk.fill(65536..<65536 + 131_072)
    try disk.write(to: directory.file("disk.raw"))
    try directory.write(text: "name: x\n", to: "config.txt")
    try directory.write(text: XMLCommandFixture.good, to: "good.xml")
    try directory.write(text: XMLCommandFixture.bad, to: "bad.xml")
    try directory.write(text: "<domain><name>golden</name></domain>\n", to: "domain.xml")
    let image = Data(try testdataBytes("save-image/libvirt-9.0.save-head"))
    try image.write(to: URL(fileURLWithPath: directory.file("image.save")))
  }

  @Test("every line of testdata/contract/local-commands.txt")
  func everyLine() throws {
    let contract = ScriptContract()
    for line in try ScriptContract.commandLines("local-commands.txt") {
      let words = line.split(separator: " ").map(String.init)
      let name = words.prefix(2).joined(separator: " ")
      let command = try #require(CommandRegistry.table[name] ?? CommandRegistry.table[words[0]], "\(line)")
      let run = try snapsh(
        ["--json"] + words, environment: ["SNAPSH_SCHEMA_DIR": packageDirectory + "/schemas"],
        directory: directory.path)
      #expect(!run.stdout.isEmpty, "\(line)")
      #expect((run.status ?? 3) <= 2, "\(line)")
      let problems =
        try contract.problems(ofOutput: run.stdout, schema: command.schemaFileName)
        + contract.problems(ofErrors: run.stderr)
      #expect(problems.isEmpty, "snapsh --json \(line)")
    }
  }

  @Test(
    "a config that is no text comes as base64, and an archive on standard output leaves its result on standard error"
  )
  func bytes() throws {
    let contract = ScriptContract()
    try Data([0xFF, 0x00]).write(to: URL(fileURLWithPath: directory.file("blob")))
    let made = try snapsh(
      ["--json", "vma", "create", "-", "-c", "blob", "-d", "format=raw:d=disk.raw"], directory: directory.path
    )
    #expect(try contract.problems(ofOutput: made.stderr, schema: "vma-create.json") == [])
    try Data(made.stdoutBytes).write(to: URL(fileURLWithPath: directory.file("b.vma")))
    let config = try snapsh(["--json", "vma", "config", "b.vma", "-c", "blob"], directory: directory.path)
    #expect(try contract.problems(ofOutput: config.stdout, schema: "vma-config.json") == [])
    #expect(config.stdout.contains("base64"))
  }

  @Test(
    "progress is JSON lines with --progress json, and with --json where --verbose asks for it; --progress none is silent",
    arguments: [
      (["--progress", "json", "vma", "create", "a.vma"], true),
      (["--json", "vma", "create", "a.vma", "-v"], true),
      (["--json", "--progress", "none", "vma", "create", "a.vma", "-v"], false),
      (["--json", "vma", "create", "a.vma"], false),
    ])
  func progress(words: [String], isTold: Bool) throws {
    let run = try snapsh(words + ["-d", "format=raw:drive-vda=disk.raw"], directory: directory.path).check()
    let schema = JSONSchema("shared/progress.json", in: ScriptContract.directory)
    let lines = try run.stderr.split(separator: "\n").map { try JSONValue(Data($0.utf8)) }
    #expect(lines.isEmpty == !isTold)
    for line in lines { #expect(try schema.problems(of: line) == []) }
    if isTold {
      #expect(lines.last?["totalBytes"] == .integer(1 << 20))
      #expect(lines.last?["job"] == .string("create"))
    }
  }
}
