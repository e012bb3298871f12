import CommandGrammar
import Libvirt
import Operations

/// `undefine DOMAIN`: makes libvirt forget a domain, with its volumes where asked.
struct UndefineCommand: VirshCommand {
  private static let managedSave = Option.flag("managed-save", help: "remove domain managed state file")
  private static let storage = Option.text(
    "storage", namedOnly: true, acceptsEmpty: true,
    help:
      "remove associated storage volumes (comma separated list of targets or source paths) (see domblklist)")
  private static let removeAllStorage = Option.flag(
    "remove-all-storage", help: "remove all associated storage volumes (use with caution)")
  private static let deleteVolumeSnapshots = Option.flag(
    "delete-storage-volume-snapshots",
    help:
      "delete snapshots associated with volume(s), requires --remove-all-storage (must be supported by storage driver)"
  )
  private static let wipeStorage = Option.flag("wipe-storage", help: "wipe data on the removed volumes")
  private static let snapshotsMetadata = Option.flag(
    "snapshots-metadata", help: "remove all domain snapshot metadata (vm must be inactive)")
  private static let checkpointsMetadata = Option.flag(
    "checkpoints-metadata", help: "remove all domain checkpoint metadata (vm must be inactive)")
  private static let nvram = Option.flag("nvram", help: "remove nvram file")
  private static let keepNVRAM = Option.flag("keep-nvram", help: "keep nvram file")
  private static let tpm = Option.flag("tpm", help: "remove TPM state")
  private static let keepTPM = Option.flag("keep-tpm", help: "keep TPM state")

  static let grammar = CommandGrammar(
    name: "undefine", group: "domain", abstract: "undefine a domain",
    discussion: "Undefine an inactive domain, or convert persistent to transient.",
    options: [
      DomainOption.domain, managedSave, storage, removeAllStorage, deleteVolumeSnapshots, wipeStorage,
      snapshotsMetadata, checkpointsMetadata, nvram, keepNVRAM, tpm, keepTPM,
    ],
    exitStatuses: [1: "failure, or a volume is left that was to be removed"],
    examples: [
      ("snapsh undefine guest --snapshots-metadata", "Forget a guest and its snapshots, keeping its disks.")
    ])

  private let domain: String
  private let flags: DomainUndefineFlags
  private let named: [String]?
  private let removesAll: Bool
  private let deletesVolumeSnapshots: Bool
  private let wipes: Bool

  init(_ arguments: ParsedArguments) throws {
    deletesVolumeSnapshots = try arguments[Self.deleteVolumeSnapshots]
    removesAll = try arguments[Self.removeAllStorage]
    if deletesVolumeSnapshots && !removesAll {
      throw CommandFailure(
        "Option --remove-all-storage is required by option --delete-storage-volume-snapshots")
    }
    for (first, second) in [(Self.nvram, Self.keepNVRAM), (Self.tpm, Self.keepTPM)]
    where try arguments[first] && arguments[second] {
      throw ArgumentError.mutuallyExclusive("--" + first.grammar.name, "--" + second.grammar.name)
    }
    let storage = try arguments[Self.storage] ?? ""
    named =
      storage.isEmpty
      ? nil : storage.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    wipes = try arguments[Self.wipeStorage]
    if wipes && named == nil && !removesAll {
      throw CommandFailure("'--wipe-storage' requires '--storage <string>' or '--remove-all-storage'")
    }
    var flags: DomainUndefineFlags = []
    for (option, flag) in [
      (Self.managedSave, DomainUndefineFlags.managedSave), (Self.snapshotsMetadata, .snapshotsMetadata),
      (Self.checkpointsMetadata, .checkpointsMetadata), (Self.nvram, .nvram),
      (Self.keepNVRAM, .keepNVRAM), (Self.tpm, .tpm), (Self.keepTPM, .keepTPM),
    ] where try arguments[option] {
      flags.insert(flag)
    }
    self.flags = flags
    domain = try arguments[DomainOption.domain]
  }

  func run(in session: Session) throws -> any CommandResult {
    let found = try session.domain(domain)
    if named != nil && removesAll, try !found.isActive() {
      throw CommandFailure("Specified both --storage and --remove-all-storage")
    }
    do {
      return try undefine(found, in: session)
    } catch let refusal as DomainUndefinition.Refusal {
      throw CommandFailure(lines: refusal.lines)
    }
  }

  private func undefine(_ found: Domain, in session: Session) throws -> UndefineResult {
    var result = UndefineResult(domain: found.name, uuid: try found.uuid(), givenName: domain)
    let disks: DomainUndefinition.Disks = removesAll ? .all : named.map { .named($0) } ?? .none
    let undefinition = try DomainUndefinition(of: found, flags, removing: disks)
    result.warnings = undefinition.warnings.map { $0.hasSuffix("\n") ? String($0.dropLast()) : $0 }
    if !session.printsJSON {
      for warning in undefinition.warnings { session.console.printError("error: \(warning)\n") }
    }
    do {
      try undefinition.undefine()
    } catch let error as LibvirtError {
      throw CommandFailure("Failed to undefine domain '\(domain)'", cause: error)
    }
    for volume in undefinition.volumes {
      let removal = undefinition.remove(volume, wiping: wipes, withSnapshots: deletesVolumeSnapshots)
      result.volumes.append(UndefineResult.Volume(volume.disk, removal, wiped: wipes))
    }
    if !session.printsJSON { session.console.printError(result.volumeErrors) }
    return result
  }
}
