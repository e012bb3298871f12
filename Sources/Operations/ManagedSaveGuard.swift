import Libvirt
import XMLTree

/// Keeps a managed save and its domain's disks together.
///
/// A managed save resumes on the files named inside it, in the state they had. An external snapshot puts overlays
/// on top and only the domain's definition learns of them: the guest would resume on the files below and write
/// under the overlays. A revert changes the files themselves under the saved memory. Both destroy data, and
/// libvirt 9.0 allows both. libvirt's test driver has neither memory nor disks that could part; it is let be.
public enum ManagedSaveGuard {
  /// What a person wants to become of the managed save.
  public enum Choice: Sendable {
    /// Nothing was said: a save that stands in the way is a reason to refuse.
    case refuse
    /// It is thrown away once the work is done.
    case drop
    /// The files named inside it become the domain's new ones once the work is done.
    case rewrite
  }

  /// What is about to be done to the disks.
  public enum Work: Sendable {
    case snapshot
    case revert
    case deletion
  }

  /// Whether a managed save stands in the way of the work.
  ///
  /// - Throws: ``ManagedSaveTrapError`` where it does and nothing was chosen; libvirt's error.
  /// - Returns: True where the choice is to be carried out after the work.
  public static func standsInTheWay(
    of work: Work, on domain: Domain, choice: Choice
  ) throws -> Bool {
    guard try domain.connection.driver() != "TEST", try domain.hasManagedSave() else { return false }
    // A running guest's snapshot has nothing to do with a save; a revert leaves a stale one behind in any case.
    if try work != .revert && domain.isActive() { return false }
    if choice == .refuse || (choice == .rewrite && work == .revert) {
      throw ManagedSaveTrapError(domain: domain.name, work: work)
    }
    return true
  }

  /// Carries the choice out.
  ///
  /// - Throws: ``ManagedSaveRewriteError`` around what failed: the save is then still there and must not be resumed.
  public static func settle(_ domain: Domain, choice: Choice) throws {
    do {
      switch choice {
      case .refuse: break
      case .drop: if try domain.hasManagedSave() { try domain.removeManagedSave() }
      case .rewrite: try rewrite(domain)
      }
    } catch {
      throw ManagedSaveRewriteError(domain: domain.name, reason: String(describing: error))
    }
  }

  private static func rewrite(_ domain: Domain) throws {
    let saved = try XMLDocument.parse(domain.managedSaveXML(secure: true))
    let defined = try XMLDocument.parse(domain.xml([.inactive, .secure]))
    let rewritten = try ManagedSaveDisks(of: defined.root).taken(over: saved.root)
    try domain.defineManagedSave(xml: rewritten.text(layout: .libvirt))
  }
}

/// A disk operation that a managed save stands in the way of.
public struct ManagedSaveTrapError: Error, Equatable, CustomStringConvertible {
  /// The domain's name.
  public let domain: String
  /// What was to be done.
  public let work: ManagedSaveGuard.Work

  public var description: String {
    switch work {
    case .snapshot:
      "domain '\(domain)' has a managed save that would go on with the disks as they are now and destroy data "
        + "below the snapshot; let it go on with the new disks (--rewrite-managed-save), or throw the saved "
        + "memory away (--drop-managed-save)"
    case .deletion:
      "domain '\(domain)' has a managed save that would go on with the disks as they are now, of which a merge leaves "
        + "some behind; let it go on with the merged disks (--rewrite-managed-save), or throw the saved memory away "
        + "(--drop-managed-save)"
    case .revert:
      "domain '\(domain)' has a managed save whose memory would not fit the reverted disks and destroy data on "
        + "them; start and stop the guest first, or throw the saved memory away (--drop-managed-save)"
    }
  }
}

/// A managed save that could not be fitted to the disks after they had been changed.
public struct ManagedSaveRewriteError: Error, Equatable, CustomStringConvertible {
  /// The domain's name.
  public let domain: String
  /// What failed.
  public let reason: String

  public var description: String {
    "the snapshot's work is done, but the managed save of domain '\(domain)' is as it was and would now destroy "
      + "data: remove it with 'managedsave-remove \(domain)' before the guest is started (\(reason))"
  }
}

/// The disks of one `<domain>` document, to be taken over into another.
struct ManagedSaveDisks {
  /// Where a disk is, as opposed to what the guest sees of it.
  private static let storage: Set<String> = ["driver", "source", "backingStore"]

  private let disks: [String: XMLElement]

  init(of domain: XMLElement) {
    let all = domain.elements(named: "devices").flatMap { $0.elements(named: "disk") }
    disks = Dictionary(
      all.compactMap { disk in
        disk.firstElement(named: "target")?.attribute("dev").map { ($0, disk) }
      }, uniquingKeysWith: { first, _ in first })
  }

  /// The other document with every disk where it is here; all else stays.
  ///
  /// - Throws: ``ManagedSaveDiskError`` for a disk that is not here.
  func taken(over document: XMLElement) throws -> XMLElement {
    var document = document
    try document.editDisks { target, disk in
      guard let place = disks[target] else { throw ManagedSaveDiskError(target: target) }
      disk.attributes = place.attributes
      disk.removeElements(named: Self.storage)
      disk.children = place.children.filter(Self.isStorage) + disk.children
    }
    return document
  }

  private static func isStorage(_ node: XMLNode) -> Bool {
    guard case .element(let element) = node else { return false }
    return storage.contains(element.name)
  }
}

/// A disk inside a managed save that its domain's definition does not have.
struct ManagedSaveDiskError: Error, Equatable, CustomStringConvertible {
  let target: String

  var description: String { "the definition has no disk '\(target)' any more" }
}
