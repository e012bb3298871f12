import Foundation
import TestSupport
import Testing

@testable import CommandGrammar
@testable import SnapshCommands

@Suite("The examples in help and manual are true")
struct ExampleTests {
  /// One call of snapsh in an example, perhaps among other programs.
  struct Call: Sendable, CustomTestStringConvertible {
    let command: String
    let words: [String]

    var testDescription: String { words.joined(separator: " ") }
  }

  private static let calls: [Call] = CommandRegistry.table.commands.flatMap { command in
    command.examples.flatMap { example in
      example.line.matches(of: /snapsh ([^|>)]*)/).map { match in
        let words = try? CommandLineTokenizer.commands(in: String(match.output.1)).first
        return Call(command: command.name, words: words ?? [])
      }
    }
  }

  /// Examples that libvirt's test driver, or a machine without what they name, cannot run; they are parsed only.
  private static let beyondTestDriver: [String: String] = [
    "attach-device": "the driver plugs nothing in", "detach-device": "the driver takes nothing out",
    "backup": "the driver's guests have no images", "chain": "the driver's guests have no images",
    "cold-snapshot": "the driver's guests have no images", "vma-writer": "needs a QEMU that sends",
    "doctor": "the driver's guests lack their images",
    "pool-list": "the node has no pools", "vol-list": "the node has no pools",
    "backup-begin": "the driver makes no backups", "backup-dumpxml": "the driver makes no backups",
    "blockcommit": "the driver has no block jobs", "blockcopy": "the driver has no block jobs",
    "blockjob": "the driver has no block jobs", "blockpull": "the driver has no block jobs",
    "blockresize": "the driver has no images", "domblkinfo": "the driver has no images",
    "domjobabort": "the driver has no jobs", "domjobinfo": "the driver has no jobs",
    "domtime": "the driver sets no clocks",
    "checkpoint-dumpxml": "the driver does not know the size of a checkpoint",
    "managedsave-define": "the driver's managed saves hold nothing",
    "managedsave-dumpxml": "the driver's managed saves hold nothing",
    "managedsave-edit": "the driver's managed saves hold nothing",
    "reboot": "the driver has no agents", "shutdown": "the driver has no power button",
    "domfsfreeze": "the driver's guest has no /var",
    "snapshot-create-as": "the driver takes no snapshots of disks alone",
    "restore": "needs a save in /images", "save": "needs a directory /images",
    "save-image-define": "needs a save in /images", "save-image-dumpxml": "needs a save in /images",
    "save-image-edit": "needs a save in /images", "save-image info": "needs a managed save of the system's",
    "save-image xml": "needs a managed save of the system's", "save-image memory": "needs a managed save",
    "save-image create": "needs an extracted archive",
    "define": "needs a guest's document", "checkpoint-create": "needs a document",
    "snapshot-create": "needs a document",
    "connect": "needs the system's hypervisor", "cd": "is the shell's alone",
    "event": "waits for ever", "manual": "writes into /usr/local",
    "archive list": "needs archives", "vma create": "needs images", "vma extract": "needs an archive",
    "vma list": "needs an archive",
    "vma verify": "needs an archive", "vma config": "needs an archive", "vma index": "needs an archive",
    "vma convert": "needs an archive", "vma diff": "needs archives",
    "vma serve": "serves until it is interrupted",
    "xml format": "needs documents", "xml roundtrip": "needs documents", "xml validate": "needs documents",
    "storage-migrate": "needs a running QEMU guest",
    "xml schema": "is run by tests of its own, which say where the schemas are",
  ]

  /// A domain has snapshots or checkpoints, not both.
  private static let noSnapshots = [
    "snapshot-delete guest before-upgrade", "snapshot-delete guest installed",
  ]

  /// What must be there before an example can be run.
  private static let preparations: [String: [String]] = [
    "checkpoint-create-as": noSnapshots,
    "checkpoint-delete": noSnapshots + ["checkpoint-create-as guest monday"],
    "checkpoint-edit": noSnapshots + ["checkpoint-create-as guest monday"],
    "checkpoint-info": noSnapshots + ["checkpoint-create-as guest monday"],
    "checkpoint-parent": noSnapshots + [
      "checkpoint-create-as guest monday", "checkpoint-create-as guest tuesday",
    ],
    "snapshot-revert": ["snapshot-delete guest before-upgrade", "snapshot-create-as guest before-upgrade"],
    "resume": ["suspend guest"], "start": ["managedsave guest"], "domrename": ["destroy guest"],
    "managedsave-remove": ["managedsave guest"],
  ]

  @Test("each is parsed as the command that it explains", arguments: calls)
  func parsed(call: Call) throws {
    let (options, rest) = try GlobalOptions.parse(call.words, environment: [:])
    #expect(options.request == nil)
    let invocation = try CommandRegistry.table.parse(Array(rest))
    #expect(invocation.grammar.name == call.command)
    _ = try #require(CommandRegistry.command(for: invocation)).init(invocation.arguments)
  }

  @Test(
    "each that libvirt's test driver can run succeeds there",
    arguments: calls.filter { beyondTestDriver[$0.command] == nil })
  func succeeds(call: Call) throws {
    let words = call.words.map { $0.contains(" ") || $0.isEmpty ? "'\($0)'" : $0 }.joined(separator: " ")
    let line = ((Self.preparations[call.command] ?? []) + [words]).joined(separator: "; ")
    let output = MemorySink()
    let error = MemorySink()
    let status = Tool.run(
      ["-q", "-c", "test://" + testdata("contract/node.xml"), line], environment: ["VISUAL": "true"],
      console: Console(output: output, error: error))
    #expect(status == 0, "\(line)\n\(error.text)")
  }

  @Test("what is said to be beyond the test driver is beyond it")
  func exceptionsAreNeeded() {
    let known = Set(CommandRegistry.table.commands.map(\.name))
    #expect(Set(Self.beyondTestDriver.keys).subtracting(known) == [])
    #expect(Set(Self.preparations.keys).subtracting(known) == [])
  }
}
