import CommandGrammar
import Libvirt

/// `pool-list`: the storage pools of a host, filtered, as a table or as bare names and UUIDs.
struct PoolListCommand: VirshCommand {
  private static let inactive = Option.flag("inactive", help: "list inactive pools")
  private static let all = Option.flag("all", help: "list inactive & active pools")
  /// Filters that are only handed on to libvirt.
  private static let filters: [(option: Option<Bool>, flag: StoragePoolListFlags)] = [
    (.flag("transient", help: "list transient pools"), .transient),
    (.flag("persistent", help: "list persistent pools"), .persistent),
    (.flag("autostart", help: "list pools with autostart enabled"), .autostart),
    (.flag("no-autostart", help: "list pools with autostart disabled"), .noAutostart),
  ]
  private static let type = Option.text(
    "type", completes: .words(StoragePoolListFlags.typeNames),
    help: "only list pool of specified type(s) (if supported)")
  private static let details = Option.flag("details", help: "display extended details for pools")
  private static let uuid = Option.flag("uuid", help: "list UUID of active pools only")
  private static let name = Option.flag("name", help: "list name of active pools only")

  static let grammar = CommandGrammar(
    name: "pool-list", group: "pool", abstract: "list pools", discussion: "Returns list of pools.",
    options: [inactive, all] + filters.map(\.option) + [type, details, uuid, name] as [any DeclaredOption],
    examples: [("snapsh pool-list --all --details", "List every storage pool with its sizes.")])

  private let flags: StoragePoolListFlags
  private let columns: PoolListResult.Columns

  init(_ arguments: ParsedArguments) throws {
    try arguments.refuseBoth([
      (Self.all, Self.inactive), (Self.details, Self.uuid), (Self.details, Self.name),
    ])
    var flags: StoragePoolListFlags = try arguments[Self.inactive] ? .inactive : .active
    if try arguments[Self.all] { flags = [.active, .inactive] }
    for filter in Self.filters where try arguments[filter.option] { flags.insert(filter.flag) }
    if let types = try arguments[Self.type] {
      for type in SpecificationFields(types).fields {
        guard let flag = StoragePoolListFlags(typeNamed: type) else {
          throw CommandFailure("Invalid pool type '\(type)'")
        }
        flags.insert(flag)
      }
    }
    self.flags = flags
    var columns: PoolListResult.Columns = []
    if try arguments[Self.details] { columns.insert(.details) }
    if try arguments[Self.uuid] { columns.insert(.uuid) }
    if try arguments[Self.name] { columns.insert(.name) }
    self.columns = columns
  }

  func run(in session: Session) throws -> any CommandResult {
    let wantsInformation = columns.contains(.details) || session.printsJSON
    let pools = try pools(on: session.connection()).sorted { isOrderedBefore($0.name, $1.name) }
    return PoolListResult(
      pools: try pools.map { try PoolListResult.Row($0, wantsInformation: wantsInformation) },
      columns: columns)
  }

  private func pools(on connection: Connection) throws -> [StoragePool] {
    do {
      return try connection.storagePools(flags)
    } catch  where error.code == .noSupport {
      // virsh asks a driver without the call by the older ones, and tells of their failure.
      for (isActive, flag) in [(true, StoragePoolListFlags.active), (false, .inactive)]
      where flags.contains(flag) {
        do {
          _ = try connection.storagePoolCount(active: isActive)
        } catch let older {
          // virsh has a blank at the end of one of the two.
          throw CommandFailure(
            isActive
              ? "Failed to get the number of active pools " : "Failed to get the number of inactive pools",
            cause: older)
        }
      }
      throw CommandFailure("Failed to list pools", cause: error)
    } catch {
      throw CommandFailure("Failed to list pools", cause: error)
    }
  }
}
