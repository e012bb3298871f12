extension SnapshotDiskSource {
  /// What a network source says besides the path.
  public struct Network: Equatable, Sendable {
    /// How to talk to the server.
    public var `protocol`: NetworkProtocol
    /// The query part of a URL.
    public var query: String?
    /// Whether TLS is used, nil for the driver's default.
    public var usesTLS: Bool?
    /// The name expected in the server's certificate.
    public var tlsHostname: String?
    /// The servers.
    public var hosts: [Host] = []
    /// The user of an NFS share.
    public var nfsUser: String?
    /// The group of an NFS share.
    public var nfsGroup: String?
    /// A snapshot on the server (RBD).
    public var snapshotName: String?
    /// The client's configuration file (RBD).
    public var configurationFile: String?
    /// The name to log in with (iSCSI).
    public var initiatorName: String?
    /// Whether the server's certificate is verified (HTTPS, FTPS).
    public var verifiesCertificate: Bool?
    /// The read-ahead buffer in bytes (HTTP and FTP), nil when not set.
    public var readAheadSize: UInt64?
    /// The connection's time limit in seconds (HTTP and FTP), nil when not set.
    public var timeoutSeconds: UInt64?

    /// Makes a location with nothing but a protocol.
    public init(protocol: NetworkProtocol) { self.protocol = `protocol` }
  }

  /// The storage protocols of libvirt 9.0 (`virStorageNetProtocol`).
  public enum NetworkProtocol: String, Sendable, CaseIterable {
    case none, nbd, rbd, sheepdog, gluster, iscsi, http, https, ftp, ftps, tftp, ssh, vxhs, nfs

    /// The port libvirt fills in, nil where it leaves the port open.
    public var defaultPort: UInt16? {
      switch self {
      case .nbd: 10809
      case .sheepdog: 7000
      case .gluster: 24007
      case .iscsi: 3260
      case .http: 80
      case .https: 443
      case .ftp: 21
      case .ftps: 990
      case .tftp: 69
      case .ssh: 22
      case .vxhs: 9999
      case .none, .rbd, .nfs: nil
      }
    }

    /// Whether the name is a pool or volume, a slash, and the image in it.
    var splitsPath: Bool { self == .rbd || self == .gluster }
    /// Whether a certificate can be verified.
    var hasCertificate: Bool { self == .https || self == .ftps }
    /// Whether QEMU reads it through libcurl, which has buffers and time limits to set.
    var isCurl: Bool { self == .http || self == .https || self == .ftp || self == .ftps }
    /// Whether the address has a query part, and cookies go with it.
    var isHTTP: Bool { self == .http || self == .https }
  }

  /// A `<host>`.
  public enum Host: Equatable, Sendable {
    /// A host and port; `usesRDMA` for InfiniBand instead of TCP.
    case address(name: String, port: UInt16?, usesRDMA: Bool)
    /// A Unix socket.
    case socket(String)
  }

  /// What an NVMe source says.
  public struct NVMe: Equatable, Sendable {
    /// The namespace on the drive, from 1.
    public var namespace: UInt64
    /// Whether libvirt detaches the drive from the host, nil when not said.
    public var isManaged: Bool?
    /// PCI domain.
    public var domain: UInt32
    /// PCI bus, up to 0xff.
    public var bus: UInt32
    /// PCI slot, up to 0x1f.
    public var slot: UInt32
    /// PCI function.
    public var function: UInt32

    /// Makes the location.
    public init(
      namespace: UInt64, isManaged: Bool? = nil, domain: UInt32 = 0, bus: UInt32 = 0, slot: UInt32 = 0,
      function: UInt32 = 0
    ) {
      self.namespace = namespace
      self.isManaged = isManaged
      self.domain = domain
      self.bus = bus
      self.slot = slot
      self.function = function
    }
  }

  /// What a vhost-user source says.
  public struct VHostUser: Equatable, Sendable {
    /// The Unix socket.
    public var path: String
    /// Whether and how long to wait for the process to come back.
    public var reconnect: Reconnect?

    /// A `<reconnect>`.
    public enum Reconnect: Equatable, Sendable {
      /// Not at all.
      case disabled
      /// Every so many seconds.
      case enabled(timeoutSeconds: UInt32)
    }

    /// Makes the location.
    public init(path: String, reconnect: Reconnect? = nil) {
      self.path = path
      self.reconnect = reconnect
    }
  }
}
