import DiskIO

/// One image of a backing chain.
public struct BackingLayer: Equatable, Sendable {
  /// Where an image is.
  public struct Place: Hashable, Sendable {
    /// The kind of storage, in libvirt's words: `file`, `block`, `network`, `nvme`, …
    public let type: String
    /// The absolute path of a file or device; `PROTOCOL://HOST/NAME` or the like of anything else.
    public let name: String

    /// Puts the two together.
    public init(type: String, name: String) {
      self.type = type
      self.name = name
    }

    /// Two places are the same where their names are: a device may be called a file.
    public static func == (left: Place, right: Place) -> Bool { left.name == right.name }

    /// Hashes what is compared.
    public func hash(into hasher: inout Hasher) { hasher.combine(name) }

    /// Whether it is a path of this host.
    var isPath: Bool { ["file", "block"].contains(type) && name.hasPrefix("/") }
  }

  /// What is wrong with an image.
  public enum Problem: Equatable, Sendable {
    /// There is no such file.
    case missing
    /// It is there, but cannot be read, or is no image; the reason as one sentence.
    case unreadable(String)
    /// The image above does not say what format it has, and guessing is not safe.
    case unknownFormat
    /// It stands further up in the chain already, or the chain is longer than any that a guest could use.
    case loop
  }

  /// Where it is.
  public let place: Place
  /// QEMU's name of its format; `nil` where nobody says.
  public internal(set) var format: String?
  /// libvirt's number of it within a running guest's disk, as in `vda[2]`.
  public internal(set) var index: Int?
  /// Bytes that the guest sees; `nil` where they cannot be told.
  public internal(set) var virtualSize: UInt64?
  /// Bytes that it takes on its storage; `nil` where they cannot be told.
  public internal(set) var allocatedSize: UInt64?
  /// The snapshots that it was made for: it holds what has been written since.
  public internal(set) var overlayOf: [String] = []
  /// The external snapshots whose state of the disk it is, together with the images below.
  public internal(set) var frozenBy: [String] = []
  /// The snapshots whose mirror it is: the file on the second storage that takes every write along.
  public internal(set) var mirrorOf: [String] = []
  /// The snapshots inside it that libvirt knows of.
  public internal(set) var internalSnapshots: [String] = []
  /// The snapshots inside it by its own header; `nil` where that was not read, as that of a running guest's is not.
  public internal(set) var storedSnapshots: [ImageInformation.StoredSnapshot]?
  /// What is wrong with it.
  public internal(set) var problem: Problem?
  /// Whether its file was not looked at, because it is on another host or no file.
  public internal(set) var isOutOfReach = false

  init(place: Place, format: String?, index: Int? = nil) {
    self.place = place
    self.format = format
    self.index = index
  }
}
