import CommandGrammar
import Libvirt

/// `list`: the domains of a hypervisor, filtered, as a table or as bare names, UUIDs and IDs.
struct ListCommand: VirshCommand {
  /// Filters that are only handed on to libvirt.
  private static let filters: [(option: Option<Bool>, flag: DomainListFlags)] = [
    (.flag("transient", help: "list transient domains"), .transient),
    (.flag("persistent", help: "list persistent domains"), .persistent),
    (.flag("with-snapshot", help: "list domains with existing snapshot"), .hasSnapshot),
    (.flag("without-snapshot", help: "list domains without a snapshot"), .noSnapshot),
    (.flag("with-checkpoint", help: "list domains with existing checkpoint"), .hasCheckpoint),
    (.flag("without-checkpoint", help: "list domains without a checkpoint"), .noCheckpoint),
    (.flag("state-running", help: "list domains in running state"), .running),
    (.flag("state-paused", help: "list domains in paused state"), .paused),
    (stateShutOff, .shutOff),
    (stateOther, .otherState),
    (.flag("autostart", help: "list domains with autostart enabled"), .autostart),
    (.flag("no-autostart", help: "list domains with autostart disabled"), .noAutostart),
    (.flag("with-managed-save", help: "list domains with managed save state"), .managedSave),
    (.flag("without-managed-save", help: "list domains without managed save"), .noManagedSave),
  ]
  private static let inactive = Option.flag("inactive", help: "list inactive domains")
  private static let all = Option.flag("all", help: "list inactive & active domains")
  private static let stateShutOff = Option.flag("state-shutoff", help: "list domains in shutoff state")
  private static let stateOther = Option.flag("state-other", help: "list domains in other states")
  private static let uuid = Option.flag("uuid", help: "list uuid's only")
  private static let name = Option.flag("name", help: "list domain names only")
  private static let id = Option.flag("id", help: "list domain IDs only")
  private static let table = Option.flag("table", help: "list table (default)")
  private static let managedSave = Option.flag(
    "managed-save", help: "mark inactive domains with managed save state")
  private static let title = Option.flag("title", help: "show domain title")

  static let grammar = CommandGrammar(
    name: "list", group: "domain", abstract: "list domains", discussion: "Returns list of domains.",
    options: [inactive, all] + filters.map(\.option) + [uuid, name, id, table, managedSave, title],
    examples: [("snapsh list --all --managed-save", "List every guest and tell which have been saved.")])

  private let flags: DomainListFlags
  private let columns: DomainListResult.Columns

  init(_ arguments: ParsedArguments) throws {
    if try arguments[Self.table] {
      for other in [Self.name, Self.uuid, Self.id] where try arguments[other] {
        throw ArgumentError.mutuallyExclusive("--table", "--" + other.grammar.name)
      }
    }
    // virsh: a filter on the state "shut off" asks for inactive domains alone, one on odd states for all.
    var flags: DomainListFlags = .active
    if try arguments[Self.inactive] || arguments[Self.stateShutOff] { flags = .inactive }
    if try arguments[Self.all] || arguments[Self.stateOther] { flags = [.active, .inactive] }
    for filter in Self.filters where try arguments[filter.option] { flags.insert(filter.flag) }
    self.flags = flags

    var columns: DomainListResult.Columns = []
    if try arguments[Self.uuid] { columns.insert(.uuid) }
    if try arguments[Self.id] { columns.insert(.id) }
    if try arguments[Self.name] { columns.insert(.name) }
    if try arguments[Self.title] { columns.insert(.title) }
    if try arguments[Self.managedSave] { columns.insert(.managedSave) }
    self.columns = columns
  }

  func run(in session: Session) throws -> any CommandResult {
    var wanted = columns
    if session.printsJSON { wanted.formUnion([.title, .managedSave]) }
    var rows: [DomainListResult.Row] = []
    for domain in try session.connection().domains(flags) {
      if let row = try row(of: domain, wanted) { rows.append(row) }
    }
    return DomainListResult(domains: rows.sorted(by: DomainListResult.precedes), columns: columns)
  }

  /// A domain's row; none for a domain that has gone away since it was listed.
  ///
  /// Titles and managed saves are asked for only where they are shown: each is a call of its own, and not every
  /// driver has it.
  private func row(
    of domain: Domain, _ wanted: DomainListResult.Columns
  ) throws(LibvirtError) -> DomainListResult.Row? {
    do {
      return DomainListResult.Row(
        id: domain.id, name: domain.name, uuid: try domain.uuid(), state: try domain.state().state,
        title: wanted.contains(.title) ? try domain.title() : nil,
        hasManagedSave: wanted.contains(.managedSave) && domain.id == nil
          ? (try? domain.hasManagedSave()) ?? false : false)
    } catch  where error.code == .noDomain {
      return nil
    }
  }
}
