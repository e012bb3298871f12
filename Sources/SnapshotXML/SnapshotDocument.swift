import XMLTree

/// A `<domainsnapshot>` document: everything libvirt 9.0 puts there, what newer versions added, and `<mirror>`.
///
/// Read with ``init(_:mode:allowMirrors:)`` or ``parse(_:fileName:mode:allowMirrors:)``, written with ``bytes()``. The
/// values are as libvirt holds them after parsing: what it infers is filled in, what it ignores is gone. The parts that
/// belong to others (`domain`, `inactiveDomain`, `cookie`) are kept as they came, but for whitespace between elements.
public struct SnapshotDocument: Equatable, Sendable {
  /// The snapshot's name; nil lets libvirt take the creation time in seconds.
  public var name: String?
  /// Free text, nil when absent or empty.
  public var description: String?
  /// What the guest was doing when the snapshot was made.
  public var state: SnapshotState?
  /// The name of the snapshot this one was made upon.
  public var parentName: String?
  /// When the snapshot was made, in seconds since 1970; libvirt does not print 0.
  public var creationTime: Int64?
  /// What became of the guest's memory.
  public var memory: SnapshotMemory?
  /// What is done with each disk.
  public var disks: [SnapshotDisk]
  /// The overlays in use after a revert to this snapshot (libvirt 9.9 and newer).
  public var revertDisks: [SnapshotDisk]
  /// The guest's definition at that moment, or just its `<uuid>`.
  public var domain: XMLElement?
  /// The definition that was to be used from the guest's next start, where it differed.
  public var inactiveDomain: XMLElement?
  /// The driver's private data for going back to a running guest.
  public var cookie: XMLElement?
  /// Whether this is the current snapshot; only in libvirt's own metadata files.
  public var isActive: Bool?

  /// Makes a document; every part may be left out.
  public init(
    name: String? = nil, description: String? = nil, state: SnapshotState? = nil, parentName: String? = nil,
    creationTime: Int64? = nil, memory: SnapshotMemory? = nil, disks: [SnapshotDisk] = [],
    revertDisks: [SnapshotDisk] = [], domain: XMLElement? = nil, inactiveDomain: XMLElement? = nil,
    cookie: XMLElement? = nil, isActive: Bool? = nil
  ) {
    self.name = name
    self.description = description
    self.state = state
    self.parentName = parentName
    self.creationTime = creationTime
    self.memory = memory
    self.disks = disks
    self.revertDisks = revertDisks
    self.domain = domain
    self.inactiveDomain = inactiveDomain
    self.cookie = cookie
    self.isActive = isActive
  }

  /// Which of libvirt's ways of reading applies.
  public enum Mode: Sendable, CaseIterable {
    /// A request for a new snapshot: only name, description, memory and disks count (`virDomainSnapshotCreateXML`).
    case create
    /// A snapshot that existed before (`VIR_DOMAIN_SNAPSHOT_CREATE_REDEFINE`): name, state and time are required.
    case redefine
    /// libvirt's own metadata file: as ``redefine``, and `<active>` is required.
    case internalMetadata
    /// Whatever the document is: all that is there is read and must be right, nothing is required and nothing ignored.
    case any
  }
}

/// What a guest was doing (`virDomainSnapshotState`), as written in `<state>`.
public enum SnapshotState: String, Sendable, CaseIterable {
  /// On a CPU.
  case running
  /// Waiting for a resource.
  case blocked
  /// Paused.
  case paused
  /// Being shut down.
  case shutdown
  /// Off.
  case shutoff
  /// Crashed.
  case crashed
  /// Suspended by its own power management.
  case suspendedByGuest = "pmsuspended"
  /// Running, but only its disks were taken.
  case diskSnapshot = "disk-snapshot"

  /// Whether a snapshot of this kind holds no memory.
  public var isOffline: Bool { self == .shutoff || self == .diskSnapshot }
}

/// Where the data of a snapshot is (`virDomainSnapshotLocation`), as written in `snapshot='…'`.
public enum SnapshotLocation: String, Sendable, CaseIterable {
  /// Not part of the snapshot.
  case no
  /// Inside the disk image.
  case `internal`
  /// In a file of its own: an overlay, or a save image for memory.
  case external
  /// Taken care of by the caller while the guest is paused.
  case manual
}

/// The `<memory>` of a snapshot.
public struct SnapshotMemory: Equatable, Sendable {
  /// Where the memory is.
  public var location: SnapshotLocation
  /// The save image, an absolute path; there exactly when the location is external.
  public var file: String?

  /// Makes the element.
  public init(location: SnapshotLocation, file: String? = nil) {
    self.location = location
    self.file = file
  }
}
