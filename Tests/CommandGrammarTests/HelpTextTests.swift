import Testing

@testable import CommandGrammar

@Suite("Help is laid out as virsh lays it out")
struct HelpTextTests {
  private static let grammar = CommandGrammar(
    name: "snapshot-edit", group: "snapshot", abstract: "edit XML for a snapshot",
    discussion: "Edit the domain snapshot XML\nfor a named snapshot",
    options: [
      Option.required("domain", help: "domain name, id or uuid"),
      Option.text("snapshotname", help: "snapshot name"),
      Option.flag("current", help: "also set edited snapshot as current"),
      Option.number("timeout", help: "seconds"),
      Option.repeated("diskspec", help: "disk attributes"),
    ])

  @Test("a command's help has NAME, SYNOPSIS, DESCRIPTION and OPTIONS")
  func command() {
    let expected = """
        NAME
          snapshot-edit - edit XML for a snapshot

        SYNOPSIS
          snapshot-edit <domain> [--snapshotname <string>] [--current] [--timeout <number>] [[--diskspec] <string>]...

        DESCRIPTION
          Edit the domain snapshot XML
          for a named snapshot

        OPTIONS
          [--domain] <string>  domain name, id or uuid
          --snapshotname <string>  snapshot name
          --current        also set edited snapshot as current
          --timeout <number>  seconds
          [--diskspec] <string>  disk attributes

        EXIT STATUS
          0                success
          1                failure; the reason is on standard error


      """
    #expect(HelpText.help(for: Self.grammar) == expected)
  }

  @Test("a group's help lists its commands only")
  func group() {
    let group = CommandGroup(keyword: "snapshot", title: "Snapshot")
    let table = CommandTable(
      groups: [group],
      commands: [Self.grammar, CommandGrammar(name: "list", group: "domain", abstract: "list domains")])
    #expect(
      HelpText.help(for: group, in: table)
        == " Snapshot (help keyword 'snapshot'):\n    snapshot-edit                  edit XML for a snapshot\n\n"
    )
  }
}
