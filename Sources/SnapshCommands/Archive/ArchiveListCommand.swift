import CommandGrammar
import Glibc
import Operations
import SystemPackage

/// `archive list [DIR]`: the archives of a directory, and the names that Proxmox needs.
struct ArchiveListCommand: Command {
  private static let machines = 100...999_999_999

  private static let directory = Option.text(
    "directory", completes: .file, help: "directory, or one archive (default the current directory)")
  private static let machine = Option.number(
    "pve-name", namedOnly: true,
    help: "show the names under which Proxmox VE restores the archives as this machine")
  private static let link = Option.flag("link", help: "with --pve-name, link the archives to those names")

  static let grammar = CommandGrammar(
    name: "archive list", group: "archive", abstract: "list the archives of a directory",
    discussion:
      "Shows for each VMA archive, compressed or not, its guest, the instant that it shows, how it was\n"
      + "made, what its disks are like, its sizes, and when 'vma verify' last found it whole and unchanged\n"
      + "since. Only headers are read. Files that are no archives are left out, damaged archives are not.\n"
      + "Nothing is renamed: --link gives an archive a second name (a hard link) beside the first.",
    options: [directory, machine, link], exitStatuses: ExitStatus.interruptible,
    examples: [
      ("snapsh archive list /backup", "See which guests are in a directory's archives."),
      (
        "snapsh archive list /backup/guest.vma.zst --pve-name 101 --link",
        "Give an archive the name under which Proxmox VE restores it."
      ),
    ])

  private let path: String
  private let machine: Int?
  private let links: Bool

  init(_ arguments: ParsedArguments) throws {
    path = try arguments[Self.directory] ?? "."
    machine = try arguments[Self.machine]
    links = try arguments[Self.link]
    if let machine, !Self.machines.contains(machine) {
      throw CommandFailure(
        "Proxmox VE numbers its machines from 100 to 999999999; \(machine) is none of them")
    }
    guard machine != nil || !links else { throw CommandFailure("--link needs --pve-name VMID") }
  }

  func run(in session: Session) throws -> any CommandResult {
    let catalog = try ArchiveCatalog(of: path, cancellation: session.interruptible())
    if links, let machine { try link(catalog.entries, machine) }
    return ArchiveList(catalog, machine: machine)
  }

  /// Gives every whole archive its second name; the first that is taken ends it.
  private func link(_ entries: [ArchiveCatalog.Entry], _ machine: Int) throws {
    let guests = Set(entries.filter { $0.header != nil }.map { $0.guest?.uuid ?? $0.path })
    guard guests.count <= 1 else {
      throw CommandFailure(
        "archives of \(guests.count) guests would all become machine \(machine); give one archive instead of the directory"
      )
    }
    for entry in entries {
      guard let name = entry.proxmoxName(machine: machine) else { continue }
      let second = FilePath(entry.path).removingLastComponent().appending(name).string
      guard !isSame(entry.path, second) else { continue }
      guard Glibc.link(entry.path, second) == 0 else {
        throw ArchiveOperationError.file(
          operation: "link '\(entry.path)' to", path: second, errno: Errno(rawValue: errno))
      }
    }
  }

  /// Whether both names are of one file, as they are when the link is there already.
  private func isSame(_ path: String, _ other: String) -> Bool {
    var first = stat()
    var second = stat()
    return stat(path, &first) == 0 && stat(other, &second) == 0 && first.st_ino == second.st_ino
      && first.st_dev == second.st_dev
  }
}
