/// Something about a domain's snapshots and disks that is not as it should be.
public struct Finding: Equatable, Sendable {
  /// What sort of thing it is.
  public enum Kind: String, Encodable, Sendable {
    /// An operation was interrupted.
    case interruptedOperation = "interrupted-operation"
    /// An overlay on the domain's images that neither the domain nor a snapshot knows.
    case unknownOverlay = "unknown-overlay"
    /// A file that a snapshot needs is gone.
    case missingFile = "missing-file"
    /// A snapshot's image is what the guest writes to.
    case overwrittenSnapshot = "overwritten-snapshot"
    /// The persistent definition has other disks than the running guest.
    case definition
    /// A snapshot's document names other overlays than the guest is on.
    case overlay
    /// The current snapshot is not the one that the disks stand on.
    case currentSnapshot = "current-snapshot"
    /// A job on a disk that nobody of us watches.
    case job
    /// A managed save would go on with other disks.
    case managedSave = "managed-save"
    /// A mirrored snapshot that has lost a mirror, or was half ended.
    case mirror
    /// A backup job that nobody of us watches.
    case backup
  }

  /// The domain's name.
  public let domain: String
  /// What sort of thing it is.
  public let kind: Kind
  /// The file, disk, snapshot or operation in question.
  public let subject: String
  /// What is wrong, and what comes of it.
  public let explanation: String
  /// What a person can do where nothing is mended by itself.
  public let advice: String?
  /// What mends it; `nil` where nothing safe does, and for operations, which are recovered by themselves.
  public let remedy: Mending.Remedy?

  init(
    _ kind: Kind, of domain: String, _ subject: String, _ explanation: String, advice: String? = nil,
    remedy: Mending.Remedy? = nil
  ) {
    self.domain = domain
    self.kind = kind
    self.subject = subject
    self.explanation = explanation
    self.advice = advice
    self.remedy = remedy
  }
}
