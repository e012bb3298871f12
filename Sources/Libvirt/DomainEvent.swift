/// Something that has happened to a domain, as libvirt tells whoever listens.
public struct DomainEvent: Equatable, Sendable {
  /// The kinds that one can listen to (`virDomainEventID`).
  public enum Kind: Int32, Sendable, CaseIterable {
    case lifecycle = 0
    case reboot = 1
    case rtcChange = 2
    case watchdog = 3
    case ioError = 4
    case graphics = 5
    case ioErrorReason = 6
    case controlError = 7
    case blockJob = 8
    case diskChange = 9
    case trayChange = 10
    case pmWakeup = 11
    case pmSuspend = 12
    case balloonChange = 13
    case pmSuspendDisk = 14
    case deviceRemoved = 15
    /// A block job again, the disk named by its target rather than by its file.
    case blockJob2 = 16
    case tunable = 17
    case agentLifecycle = 18
    case deviceAdded = 19
    case migrationIteration = 20
    case jobCompleted = 21
    case deviceRemovalFailed = 22
    case metadataChange = 23
    case blockThreshold = 24
    case memoryFailure = 25
    case memoryDeviceSizeChange = 26
  }

  /// What an event tells beyond its kind; numbers are those of libvirt's enumeration named with them.
  public enum Details: Equatable, Sendable {
    /// Nothing.
    case none
    /// `virDomainEventType`, and the detail whose meaning depends on it.
    case lifecycle(event: Int32, detail: Int32)
    /// The guest's clock against UTC, in seconds.
    case clockOffset(seconds: Int64)
    /// `virDomainEventWatchdogAction`.
    case watchdog(action: Int32)
    /// `virDomainEventIOErrorAction`; the reason only in ``Kind/ioErrorReason``.
    case ioError(path: String, device: String, action: Int32, reason: String?)
    /// A graphics client that comes or goes.
    case graphics(GraphicsClient)
    /// `virDomainBlockJobType` and `virConnectDomainEventBlockJobStatus`; the disk as a file or as a target.
    case blockJob(disk: String, type: Int32, status: Int32)
    /// `virConnectDomainEventDiskChangeReason`.
    case diskChange(oldPath: String?, newPath: String?, device: String, reason: Int32)
    /// `virDomainEventTrayChangeReason`.
    case trayChange(device: String, reason: Int32)
    /// The balloon's new size, in KiB.
    case balloon(kibibytes: UInt64)
    /// The alias of a device that was added or removed, or could not be.
    case device(alias: String)
    /// Settings that changed, or the figures of a job that ended.
    case parameters([TypedParameter])
    /// `virConnectDomainEventAgentLifecycleState` and `…Reason`.
    case agentLifecycle(state: Int32, reason: Int32)
    /// The round that a migration has begun.
    case migrationIteration(Int32)
    /// `virDomainMetadataType`, and the namespace of an element.
    case metadataChange(type: Int32, namespace: String?)
    /// A write went beyond a threshold by so many bytes.
    case blockThreshold(device: String, path: String?, threshold: UInt64, excess: UInt64)
    /// `virDomainMemoryFailureRecipientType`, `…ActionType`, `…Flags`.
    case memoryFailure(recipient: Int32, action: Int32, flags: UInt32)
    /// A memory device's new size, in bytes.
    case memoryDeviceSize(alias: String, bytes: UInt64)
  }

  /// A graphics client and where it comes from.
  public struct GraphicsClient: Equatable, Sendable {
    /// One end of a connection.
    public struct Address: Equatable, Sendable {
      /// `virDomainEventGraphicsAddressType`.
      public let family: Int32
      /// The host's address.
      public let node: String
      /// The port.
      public let service: String
    }

    /// One name of the client's user.
    public struct Identity: Equatable, Sendable {
      /// Which kind of name, as `x509dname`.
      public let type: String
      /// The name.
      public let name: String
    }

    /// `virDomainEventGraphicsPhase`.
    public let phase: Int32
    /// The server's end.
    public let local: Address
    /// The client's end.
    public let remote: Address
    /// How the client proved who it is.
    public let authenticationScheme: String
    /// Who the client is.
    public let identities: [Identity]
  }

  /// The kind of event.
  public let kind: Kind
  /// The domain's name.
  public let domain: String
  /// The domain's UUID.
  public let uuid: String
  /// What else is told.
  public let details: Details

  /// Puts an event together.
  public init(kind: Kind, domain: String, uuid: String, details: Details) {
    self.kind = kind
    self.domain = domain
    self.uuid = uuid
    self.details = details
  }
}
