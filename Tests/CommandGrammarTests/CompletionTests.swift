import Testing

@testable import CommandGrammar

@Suite("What could stand at the end of an unfinished command line")
struct CompletionTests {
  private static let table = CommandTable(
    groups: [
      CommandGroup(keyword: "domain", title: "Domains"), CommandGroup(keyword: "tool", title: "Tool"),
    ],
    commands: [
      CommandGrammar(
        name: "snapshot-info", group: "domain", abstract: "info",
        options: [
          Option.required("domain", completes: .domain, help: "domain"),
          Option.text("snapshotname", completes: .snapshot, help: "snapshot"),
          Option.flag("current", help: "current"),
        ]),
      CommandGrammar(
        name: "vma create", group: "tool", abstract: "create",
        options: [Option.required("file", completes: .file, help: "archive")]),
      CommandGrammar(name: "vma list", group: "tool", abstract: "list"),
      CommandGrammar(
        name: "completion", group: "tool", abstract: "script",
        options: [Option.required("shell", completes: .words(["bash", "zsh"]), help: "shell")]),
      CommandGrammar(
        name: "help", group: "tool", abstract: "help", options: [Option.text("command", help: "c")]),
    ])

  private func complete(_ words: String..., partial: String = "") -> Completion {
    Completion(after: words, partial: partial, in: Self.table)
  }

  @Test("commands, and the second words of a family once each")
  func commands() {
    #expect(complete().words == ["snapshot-info", "vma", "completion", "help"])
    #expect(complete(partial: "sn").words == ["snapshot-info"])
    #expect(complete("vma").words == ["create", "list"])
    #expect(complete("vma", partial: "c").words == ["create"])
    #expect(complete("nosuch").words.isEmpty)
  }

  @Test("options that have not been given")
  func options() {
    #expect(complete("snapshot-info", "--current", partial: "--").words == ["--domain", "--snapshotname"])
    #expect(complete("snapshot-info", "g1", partial: "--s").words == ["--snapshotname"])
  }

  @Test("the kind of name that belongs at each place, and the domain it belongs to")
  func sources() {
    #expect(complete("snapshot-info").source == .domain)
    let byPlace = complete("snapshot-info", "--current", "g1")
    #expect(byPlace.source == .snapshot)
    #expect(byPlace.domain == "g1")
    #expect(complete("snapshot-info", "--domain=g1", "--snapshotname").domain == "g1")
    #expect(complete("snapshot-info", "g1", "s1").source == CompletionSource.none)
    #expect(complete("vma", "create").source == .file)
  }

  @Test("a value attached to its option, which stays before each candidate")
  func attachedValues() {
    let domain = complete("snapshot-info", partial: "--domain=g")
    #expect(domain.source == .domain)
    #expect(domain.attachedTo == "--domain=")
    #expect(complete("snapshot-info", "--domain=g1", partial: "--snapshotname=").domain == "g1")
    #expect(complete("completion", partial: "--shell=z").words == ["--shell=zsh"])
    #expect(complete("snapshot-info", partial: "--nosuch=").words.isEmpty)
    #expect(complete("snapshot-info", partial: "--current=").words.isEmpty)
  }

  @Test("fixed words, and commands and groups behind help")
  func words() {
    #expect(complete("completion", partial: "z").words == ["zsh"])
    #expect(complete("help", partial: "d").words == ["domain"])
  }
}
