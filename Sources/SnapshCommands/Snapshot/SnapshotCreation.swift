import CommandGrammar
import Libvirt
import Operations

/// What `snapshot-create` and `snapshot-create-as` share.
struct SnapshotCreation {
  let flags: SnapshotCreateFlags
  let choice: ManagedSaveGuard.Choice
  let mirrorOptions: MirrorOptions

  private static let flagTable: [(option: Option<Bool>, flag: SnapshotCreateFlags)] = [
    (.flag("no-metadata", help: "take snapshot but create no metadata"), .noMetadata),
    (.flag("halt", help: "halt domain after snapshot is created"), .halt),
    (.flag("disk-only", help: "capture disk state but not vm state"), .diskOnly),
    (.flag("reuse-external", help: "reuse any existing external files"), .reuseExternal),
    (.flag("quiesce", help: "quiesce guest's file systems"), .quiesce),
    (.flag("atomic", help: "require atomic operation"), .atomic),
    (.flag("live", help: "take a live snapshot"), .live),
    (.flag("validate", help: "validate the XML against the schema"), .validate),
  ]

  /// The flags, in the order of virsh's help.
  static let flagOptions: [any DeclaredOption] = flagTable.map(\.option)

  static func flags(in arguments: ParsedArguments) throws -> SnapshotCreateFlags {
    var flags: SnapshotCreateFlags = []
    for entry in flagTable where try arguments[entry.option] { flags.insert(entry.flag) }
    return flags
  }

  /// Takes the snapshot, with progress, and settles what becomes of a managed save; with a mirror where one is asked for.
  ///
  /// - Throws: What keeps it from being taken; nothing has been changed then, except where a
  ///   `ManagedSaveRewriteError` says otherwise.
  func run(
    xml: String, on domain: Domain, source: String?, in session: Session
  ) throws -> any CommandResult {
    // A redefinition starts no mirror; the request says so itself.
    if !flags.contains(.redefine), MirroredSnapshotRequest.asksForMirror(xml: xml) {
      return try MirroredSnapshotCreation(domain: domain, options: mirrorOptions)
        .run(xml: xml, flags, source: source, in: session)
    }
    try mirrorOptions.refuseWithoutMirror()
    if !flags.contains(.redefine) { try MirrorGuard.refuseSnapshot(xml: xml, of: domain) }
    // Redefining touches no disk.
    let settles =
      try !flags.contains(.redefine)
      && ManagedSaveGuard.standsInTheWay(of: .snapshot, on: domain, choice: choice)
    let request = SnapshotRequest(xml: xml, flags)
    let snapshot = try session.runJob(on: domain, label: "Snapshot") { (domain) throws(LibvirtError) in
      try request.create(on: domain)
    }
    if settles { try ManagedSaveGuard.settle(domain, choice: choice) }
    return Self.result(of: snapshot, source: source)
  }

  /// What is said of a snapshot that has been taken; `source` is the document's file, where there was one.
  private static func result(of snapshot: DomainSnapshot, source: String?) -> Sentence<SnapshotAction> {
    let origin = source.map { " from '\($0)'" } ?? ""
    return Sentence(
      "Domain snapshot \(snapshot.name) created\(origin)",
      fields: SnapshotAction(
        domain: snapshot.domain.name, snapshot: snapshot.name, action: "created"))
  }
}
