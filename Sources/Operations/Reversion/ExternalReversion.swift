import Libvirt
import XMLTree

/// Going back to an external snapshot by our own steps, where libvirt does not support it.
///
/// Everything that the steps and their undos need, decided before anything is touched; as JSON it is what the operation's
/// journal holds (definitions with their passwords included: the journal is open to its owner alone).
public struct ExternalReversion: Codable, Sendable {
  /// The operation's name in journals.
  public static let operation = "snapshot-revert"

  /// What a person decides about a reversion.
  public struct Options: Sendable {
    /// The guest's state afterwards; `nil` leaves it to the snapshot.
    public var ending: Ending?
    /// Whether what the guest is now is thrown away instead of kept as a snapshot.
    public var discards = false
    /// The name of the snapshot that keeps what the guest is now; `nil` for one of our choice.
    public var branchName: String?
    /// Whether that snapshot holds the memory of a running guest too.
    public var keepsMemory = true
    /// Whether memory is put on disks that have moved on.
    public var forces = false
    /// Whether the firmware's variables begin anew.
    public var resetsNVRAM = false
    /// Whether a managed save of the domain goes.
    public var dropsManagedSave = false

    /// As most people want it.
    public init() {}
  }

  /// A guest's state.
  public enum Ending: String, Codable, Sendable {
    case running, paused, shutoff
  }

  /// One disk that goes back.
  struct Disk: Codable, Equatable, Sendable {
    let target: String
    /// What the snapshot had frozen.
    let frozen: DiskChain.Image
    /// The new overlay on it.
    let fresh: DiskChain.Image
  }

  /// The snapshot that keeps what the guest is now.
  struct Branch: Codable, Equatable, Sendable {
    let name: String
    /// The save image with the guest's memory.
    let memoryFile: String?
    /// The overlays that libvirt puts on the disks, by target.
    let overlays: [String: DiskChain.Image]
  }

  /// The snapshot's name.
  public let snapshot: String
  /// The domain's name.
  let domain: String
  /// The domain as it was before.
  let definitionBefore: String
  let endingBefore: Ending
  let currentBefore: String?
  let disks: [Disk]
  let branch: Branch?
  /// The persistent definition afterwards.
  let definition: String
  /// The save image to go on from, and the definition that it goes on with.
  let memoryFile: String?
  let restoredDefinition: String?
  let ending: Ending
  /// The snapshot's document before and after.
  let documentBefore: String
  let document: String
  let resetsNVRAM: Bool
  let dropsManagedSave: Bool
  /// Files that nobody needs afterwards.
  let unneeded: [String]

  /// The snapshot that will keep what the guest is now; `nil` where that is thrown away.
  public var branchName: String? { branch?.name }
}
