import XMLTree

/// The `<source>` of a snapshot's disk.
///
/// Which fields count is decided by the disk's ``SnapshotDisk/storageType``.
public struct SnapshotDiskSource: Equatable, Sendable {
  /// The file (`file`), device (`dev`) or image on the server (`name`), nil when absent or empty.
  public var path: String?
  /// The name of a set of file descriptors passed to libvirt (`fdgroup`, libvirt 9.0), for files.
  public var fileDescriptorGroup: String?
  /// Where the server is, for network storage.
  public var network: Network?
  /// Which drive it is, for NVMe storage.
  public var nvme: NVMe?
  /// Where the process is, for vhost-user storage.
  public var vhostUser: VHostUser?
  /// The part of the storage that holds the image.
  public var slice: Slice?
  /// How the file is to be labelled, one per security model.
  public var securityLabels: [SecurityLabel] = []
  /// Who to be towards the server.
  public var authentication: Authentication?
  /// How the image is encrypted.
  public var encryption: Encryption?
  /// How SCSI reservations are made.
  public var reservations: Reservations?
  /// What else stands in there, kept as it came: cookies, and what libvirts newer than 9.0 know.
  public var otherElements: [XMLElement] = []

  /// Makes a source with nothing but a path.
  public init(path: String? = nil) { self.path = path }

  /// A byte range of the storage.
  public struct Slice: Equatable, Sendable {
    /// The first byte.
    public var offset: UInt64
    /// The number of bytes.
    public var size: UInt64

    /// Makes the range.
    public init(offset: UInt64, size: UInt64) {
      self.offset = offset
      self.size = size
    }
  }

  /// A `<seclabel>`.
  public struct SecurityLabel: Equatable, Sendable {
    /// The security model (`selinux`, `dac`), nil for all.
    public var model: String?
    /// Whether the file is relabelled for the guest.
    public var relabels: Bool
    /// Whether an earlier attempt at labelling failed and is not to be repeated.
    public var isLabelSkipped: Bool
    /// The label to use, nil for libvirt's choice.
    public var label: String?

    /// Makes the element.
    public init(model: String?, relabels: Bool = true, isLabelSkipped: Bool = false, label: String? = nil) {
      self.model = model
      self.relabels = relabels
      self.isLabelSkipped = isLabelSkipped
      self.label = label
    }
  }

  /// A secret that libvirt keeps.
  public struct Secret: Equatable, Sendable {
    /// Its type as written, nil when absent.
    public var type: String?
    /// How it is found.
    public var lookup: Lookup

    /// The two ways to name a secret.
    public enum Lookup: Equatable, Sendable {
      /// By its UUID, lower case with dashes.
      case uuid(String)
      /// By what it is used for.
      case usage(String)
    }

    /// Makes the reference.
    public init(type: String?, lookup: Lookup) {
      self.type = type
      self.lookup = lookup
    }
  }

  /// An `<auth>`.
  public struct Authentication: Equatable, Sendable {
    /// `chap` or `ceph`, nil when absent.
    public var type: String?
    /// The user's name.
    public var username: String
    /// The password.
    public var secret: Secret

    /// Makes the element.
    public init(type: String?, username: String, secret: Secret) {
      self.type = type
      self.username = username
      self.secret = secret
    }
  }

  /// An `<encryption>`.
  public struct Encryption: Equatable, Sendable {
    /// `default`, `qcow`, `luks`, `luks2` or `luks-any`.
    public var format: String
    /// Who decrypts: `qemu` or `librbd`; nil for the default.
    public var engine: String?
    /// The passphrases.
    public var secrets: [Secret]
    /// The cipher, where the format leaves a choice.
    public var cipher: Cipher?
    /// The generator of initial vectors.
    public var initialVector: InitialVector?

    /// A `<cipher>`.
    public struct Cipher: Equatable, Sendable {
      /// Such as `aes`.
      public var name: String
      /// The key's size in bits.
      public var size: UInt32
      /// Such as `cbc`.
      public var mode: String?
      /// Such as `sha256`.
      public var hash: String?

      /// Makes the element.
      public init(name: String, size: UInt32, mode: String? = nil, hash: String? = nil) {
        self.name = name
        self.size = size
        self.mode = mode
        self.hash = hash
      }
    }

    /// An `<ivgen>`.
    public struct InitialVector: Equatable, Sendable {
      /// Such as `plain64`.
      public var name: String
      /// Such as `sha256`.
      public var hash: String?

      /// Makes the element.
      public init(name: String, hash: String? = nil) {
        self.name = name
        self.hash = hash
      }
    }

    /// Makes the element.
    public init(
      format: String, engine: String? = nil, secrets: [Secret] = [], cipher: Cipher? = nil,
      initialVector: InitialVector? = nil
    ) {
      self.format = format
      self.engine = engine
      self.secrets = secrets
      self.cipher = cipher
      self.initialVector = initialVector
    }
  }

  /// A `<reservations>`.
  public struct Reservations: Equatable, Sendable {
    /// Whether libvirt runs the helper process.
    public var isManaged: Bool
    /// The helper's Unix socket, nil when libvirt chooses it.
    public var path: String?

    /// Makes the element.
    public init(isManaged: Bool, path: String? = nil) {
      self.isManaged = isManaged
      self.path = path
    }
  }
}
