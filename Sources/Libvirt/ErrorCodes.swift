/// Which kind of error libvirt reports (`virErrorNumber`); open, as newer libvirts add to it.
///
/// The numbers are libvirt's ABI and never change; only those that somebody may want to tell apart have a name here.
extension LibvirtError {
  /// A libvirt error number, such as 42 for a domain that does not exist.
  public struct Code: RawRepresentable, Hashable, Sendable {
    /// The number, as in `virErrorNumber`.
    public let rawValue: Int32

    /// Wraps any number, also one that has no name here.
    public init(rawValue: Int32) {
      self.rawValue = rawValue
    }

    /// A failure inside libvirt or its driver (`VIR_ERR_INTERNAL_ERROR`).
    public static let internalError = Code(rawValue: 1)
    /// libvirt ran out of memory (`VIR_ERR_NO_MEMORY`).
    public static let noMemory = Code(rawValue: 2)
    /// The connection's driver has no such function (`VIR_ERR_NO_SUPPORT`).
    public static let noSupport = Code(rawValue: 3)
    /// No driver takes this URI, or the hypervisor cannot be reached (`VIR_ERR_NO_CONNECT`).
    public static let noConnect = Code(rawValue: 5)
    /// The connection handle is not usable (`VIR_ERR_INVALID_CONN`).
    public static let invalidConnection = Code(rawValue: 6)
    /// The domain handle is not usable (`VIR_ERR_INVALID_DOMAIN`).
    public static let invalidDomain = Code(rawValue: 7)
    /// An argument, or a combination of flags, that libvirt refuses (`VIR_ERR_INVALID_ARG`).
    public static let invalidArgument = Code(rawValue: 8)
    /// The hypervisor refused or failed (`VIR_ERR_OPERATION_FAILED`).
    public static let operationFailed = Code(rawValue: 9)
    /// A document that is well formed but wrong (`VIR_ERR_XML_ERROR`).
    public static let xmlError = Code(rawValue: 27)
    /// A domain of that name or UUID is there already (`VIR_ERR_DOM_EXIST`).
    public static let domainExists = Code(rawValue: 28)
    /// Not allowed on a read-only connection (`VIR_ERR_OPERATION_DENIED`).
    public static let operationDenied = Code(rawValue: 29)
    /// A file could not be opened (`VIR_ERR_OPEN_FAILED`).
    public static let openFailed = Code(rawValue: 30)
    /// A file could not be read (`VIR_ERR_READ_FAILED`).
    public static let readFailed = Code(rawValue: 31)
    /// A file could not be written (`VIR_ERR_WRITE_FAILED`).
    public static let writeFailed = Code(rawValue: 34)
    /// A document that is not well formed (`VIR_ERR_XML_DETAIL`).
    public static let xmlDetail = Code(rawValue: 35)
    /// A system call failed; ``LibvirtError/int1`` is its errno (`VIR_ERR_SYSTEM_ERROR`).
    public static let systemError = Code(rawValue: 38)
    /// The remote protocol failed (`VIR_ERR_RPC`).
    public static let rpc = Code(rawValue: 39)
    /// No such domain, or it is gone (`VIR_ERR_NO_DOMAIN`).
    public static let noDomain = Code(rawValue: 42)
    /// Authentication failed (`VIR_ERR_AUTH_FAILED`).
    public static let authenticationFailed = Code(rawValue: 45)
    /// No such storage pool (`VIR_ERR_NO_STORAGE_POOL`).
    public static let noStoragePool = Code(rawValue: 49)
    /// No such storage volume (`VIR_ERR_NO_STORAGE_VOL`).
    public static let noStorageVolume = Code(rawValue: 50)
    /// Not possible in the state the object is in (`VIR_ERR_OPERATION_INVALID`).
    public static let operationInvalid = Code(rawValue: 55)
    /// A configuration that the driver does not support (`VIR_ERR_CONFIG_UNSUPPORTED`).
    public static let configurationUnsupported = Code(rawValue: 67)
    /// It took too long; mostly another job holds the domain (`VIR_ERR_OPERATION_TIMEOUT`).
    public static let operationTimeout = Code(rawValue: 68)
    /// The snapshot handle is not usable (`VIR_ERR_INVALID_DOMAIN_SNAPSHOT`).
    public static let invalidDomainSnapshot = Code(rawValue: 71)
    /// No such snapshot, no parent, or no current one (`VIR_ERR_NO_DOMAIN_SNAPSHOT`).
    public static let noDomainSnapshot = Code(rawValue: 72)
    /// A valid argument that this driver does not support (`VIR_ERR_ARGUMENT_UNSUPPORTED`).
    public static let argumentUnsupported = Code(rawValue: 74)
    /// The revert would lose or endanger something unless forced (`VIR_ERR_SNAPSHOT_REVERT_RISKY`).
    public static let snapshotRevertRisky = Code(rawValue: 77)
    /// The operation was cancelled (`VIR_ERR_OPERATION_ABORTED`).
    public static let operationAborted = Code(rawValue: 78)
    /// The user cancelled the authentication (`VIR_ERR_AUTH_CANCELLED`).
    public static let authenticationCancelled = Code(rawValue: 79)
    /// The domain has no such metadata (`VIR_ERR_NO_DOMAIN_METADATA`).
    public static let noDomainMetadata = Code(rawValue: 80)
    /// A number is too large (`VIR_ERR_OVERFLOW`).
    public static let overflow = Code(rawValue: 82)
    /// A block copy stands in the way (`VIR_ERR_BLOCK_COPY_ACTIVE`).
    public static let blockCopyActive = Code(rawValue: 83)
    /// The driver does not support this operation (`VIR_ERR_OPERATION_UNSUPPORTED`).
    public static let operationUnsupported = Code(rawValue: 84)
    /// The guest agent is missing or does not answer (`VIR_ERR_AGENT_UNRESPONSIVE`).
    public static let agentUnresponsive = Code(rawValue: 86)
    /// Somebody else uses the resource (`VIR_ERR_RESOURCE_BUSY`).
    public static let resourceBusy = Code(rawValue: 87)
    /// Access control refused it (`VIR_ERR_ACCESS_DENIED`).
    public static let accessDenied = Code(rawValue: 88)
    /// The document does not match libvirt's schema (`VIR_ERR_XML_INVALID_SCHEMA`).
    public static let xmlInvalidSchema = Code(rawValue: 92)
    /// No such checkpoint (`VIR_ERR_NO_DOMAIN_CHECKPOINT`).
    public static let noDomainCheckpoint = Code(rawValue: 103)
    /// No backup job is running (`VIR_ERR_NO_DOMAIN_BACKUP`).
    public static let noDomainBackup = Code(rawValue: 104)
    /// The guest agent has answered that it cannot (`VIR_ERR_AGENT_COMMAND_FAILED`, of later libvirts).
    public static let agentCommandFailed = Code(rawValue: 113)
  }

  /// A part of libvirt that raises errors, such as 10 for the QEMU driver (`virErrorDomain`).
  public struct ErrorDomain: RawRepresentable, Hashable, Sendable {
    /// The number, as in `virErrorDomain`.
    public let rawValue: Int32

    /// Wraps any number, also one that has no name here.
    public init(rawValue: Int32) {
      self.rawValue = rawValue
    }

    /// No particular part (`VIR_FROM_NONE`).
    public static let none = ErrorDomain(rawValue: 0)
    /// The XML code (`VIR_FROM_XML`).
    public static let xml = ErrorDomain(rawValue: 5)
    /// The domain API (`VIR_FROM_DOM`).
    public static let domain = ErrorDomain(rawValue: 6)
    /// The QEMU driver (`VIR_FROM_QEMU`).
    public static let qemu = ErrorDomain(rawValue: 10)
    /// The test driver (`VIR_FROM_TEST`).
    public static let test = ErrorDomain(rawValue: 12)
    /// The remote driver (`VIR_FROM_REMOTE`).
    public static let remote = ErrorDomain(rawValue: 13)
    /// The storage driver (`VIR_FROM_STORAGE`).
    public static let storage = ErrorDomain(rawValue: 18)
    /// The domain configuration (`VIR_FROM_DOMAIN`).
    public static let domainConfiguration = ErrorDomain(rawValue: 20)
    /// The snapshot code (`VIR_FROM_DOMAIN_SNAPSHOT`).
    public static let domainSnapshot = ErrorDomain(rawValue: 35)
    /// The handling of URIs (`VIR_FROM_URI`).
    public static let uri = ErrorDomain(rawValue: 45)
    /// The checkpoint code (`VIR_FROM_DOMAIN_CHECKPOINT`).
    public static let domainCheckpoint = ErrorDomain(rawValue: 69)
  }
}
