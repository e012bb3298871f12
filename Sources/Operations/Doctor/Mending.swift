import DiskIO
import Libvirt
import SystemPackage

/// What mends findings, each with its way back.
///
/// As JSON it is kept after it was done, so that it can be taken back later.
public struct Mending: Codable, Equatable, Sendable {
  /// The operation's name in journals.
  public static let operation = "doctor-fix"

  /// One thing that is mended.
  public enum Remedy: Codable, Equatable, Sendable {
    /// The persistent definition becomes another one.
    case define(before: String, after: String, reason: String)
    /// libvirt forgets a snapshot. `descendants` are the documents of all below.
    case forget(snapshot: String, document: String, wasCurrent: Bool, descendants: [String])
    /// A snapshot's document becomes another one.
    case redefine(snapshot: String, before: String, after: String)
    /// A snapshot becomes the current one.
    case makeCurrent(snapshot: String, before: String?)
    /// An overlay that holds nothing is removed.
    case removeEmpty(overlay: DiskChain.Image, backing: DiskChain.Image)
    /// The managed save goes on with the disks that the domain has.
    case rewriteManagedSave(before: String, after: String)
    /// A job on a disk ends; the guest stays on what it is on.
    case endJob(disk: String)
    /// A backup job of ours ends, and the directory of its scratch files goes.
    case endBackup(directory: String)
    /// The note of a mirrored snapshot that is no more goes.
    case forgetMirrors(MirrorRecord)
  }

  /// In the order in which they are done.
  public var remedies: [Remedy]

  /// Some things to be mended.
  public init(_ remedies: [Remedy]) {
    self.remedies = remedies
  }

  /// The remedies as steps.
  public func plan(on domain: Domain) -> Plan {
    Plan(remedies.map { $0.step(on: domain) })
  }

  /// The one that was done last on a domain and is kept to be taken back; nil where there is none.
  ///
  /// - Parameters:
  ///   - domain: The domain: one of the same UUID may be under another libvirt.
  ///   - directory: Where they are kept.
  /// - Throws: libvirt's error.
  /// - Returns: Its journal.
  public static func last(of domain: Domain, in directory: FilePath) throws -> OperationJournal? {
    try OperationJournal.all(in: directory).last { try $0.record.concerns(domain) }
  }

  /// Those of the remedies that can be taken back.
  public var reversible: Mending {
    Mending(remedies.filter { $0.irreversibility == nil })
  }
}

extension Mending.Remedy {
  /// What is done, as an order.
  public func description(on domain: Domain) -> String { step(on: domain).description }

  /// What takes it back, as an order; `nil` where nothing does.
  public func undoDescription(on domain: Domain) -> String? { step(on: domain).undoDescription }

  /// Why it cannot be taken back; `nil` for what can.
  public var irreversibility: String? {
    switch self {
    case .endJob: "the job can be begun again, from its start"
    case .endBackup: "a backup can be made again, of a later moment"
    default: nil
    }
  }

  func step(on domain: Domain) -> Step {
    switch self {
    case .define(let before, let after, let reason):
      Step(
        "define the domain with \(reason)",
        perform: { _ = try domain.connection.defineDomain(xml: after) },
        undoing: "define the domain as before",
        undo: { _ = try domain.connection.defineDomain(xml: before) })
    case .forget(let snapshot, let document, let wasCurrent, let descendants):
      Step(
        "let libvirt forget snapshot '\(snapshot)'",
        perform: {
          guard let found = try domain.existingSnapshot(named: snapshot) else { return }
          try SnapshotForgetting.forget(found)
        }, undoing: "make snapshot '\(snapshot)' known to libvirt again",
        undo: {
          try SnapshotRedefinition.replaceDocument(document, of: domain, wasCurrent ? .current : [])
          for below in descendants { try SnapshotRedefinition.replaceDocument(below, of: domain) }
        })
    case .redefine(let snapshot, let before, let after):
      Step(
        "write down the files that snapshot '\(snapshot)' really has",
        perform: { try SnapshotRedefinition.replaceDocument(after, of: domain) },
        undoing: "write down what was written of snapshot '\(snapshot)'",
        undo: { try SnapshotRedefinition.replaceDocument(before, of: domain) })
    case .makeCurrent(let snapshot, let before):
      Step(
        "make '\(snapshot)' the current snapshot",
        perform: { try SnapshotRedefinition.makeCurrent(domain.snapshot(named: snapshot)) },
        undoing: "make the snapshot current that was",
        undo: {
          guard let before else { return }
          try SnapshotRedefinition.makeCurrent(domain.snapshot(named: before))
        })
    case .removeEmpty(let overlay, let backing):
      Step(
        "remove '\(overlay.path)', which holds nothing",
        perform: {
          guard FileOwner.exists(overlay.path) else { return }
          let format = try ImageFormat(overlay.format)
          guard try !QemuImage.holdsData(path: overlay.path, format: format) else {
            throw ReversionError.usedMeanwhile(domain: domain.name, path: overlay.path)
          }
          try UnneededFiles.remove([overlay.path])
        }, undoing: "make '\(overlay.path)' again, as empty as it was",
        undo: {
          guard !FileOwner.exists(overlay.path) else { return }
          try QemuImage.make(
            path: overlay.path, format: ImageFormat(overlay.format), size: nil,
            backing: (backing.path, ImageFormat(backing.format)))
        })
    case .rewriteManagedSave(let before, let after):
      Step(
        "let the managed save go on with the disks that the domain has",
        perform: { try domain.defineManagedSave(xml: after) },
        undoing: "let the managed save name the disks that it named",
        undo: { try domain.defineManagedSave(xml: before) })
    case .endJob(let disk):
      Step("end the job on \(disk); the guest stays where it is") {
        try DiskJob.abort(on: domain, disk: disk)
      }
    case .endBackup(let directory):
      Step("end the backup job, and remove '\(directory)'") {
        try DiskBackup.end(domain, .init(directory: directory, mayFreeze: false))
      }
    case .forgetMirrors(let record):
      Step(
        "remove the note of snapshot '\(record.snapshot)' from the domain's metadata",
        perform: { try MirrorRecords.remove(snapshot: record.snapshot, from: domain) },
        undoing: "write the note of snapshot '\(record.snapshot)' into the domain's metadata",
        undo: { try MirrorRecords.write(record, to: domain) })
    }
  }
}
