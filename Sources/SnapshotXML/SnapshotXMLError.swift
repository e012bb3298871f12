import XMLTree

/// A rule of `<domainsnapshot>` that a document breaks, in libvirt's own words, with the place where it does.
public struct SnapshotXMLError: Error, Equatable, Sendable, CustomStringConvertible {
  /// libvirt's error number (`virErrorNumber`) for this fault.
  public let code: Code
  /// The part of libvirt that reports it (`virErrorDomain`).
  public let domain: Domain
  /// libvirt's full text, its class prefix (`XML error: `) included.
  public let message: String
  /// The file's name as it was given, nil for text without one.
  public let fileName: String?
  /// The line of the element the fault is in, 0 if unknown.
  public let line: Int
  /// That element's path, such as `/domainsnapshot/disks/disk[2]`; empty if unknown.
  public let elementPath: String
  /// The XML fault behind, when the text is not a document at all.
  public let cause: XMLError?

  /// `file:line: path: message`, leaving out what is not known.
  public var description: String {
    if let cause { return cause.description }
    var text = fileName ?? "domain snapshot"
    if line > 0 { text += ":\(line)" }
    if !elementPath.isEmpty { text += ": \(elementPath)" }
    return "\(text): \(message)"
  }

  /// The error numbers of libvirt that a snapshot document can cause.
  public enum Code: Int32, Sendable {
    /// `VIR_ERR_INTERNAL_ERROR`, which libvirt also uses for some missing parts.
    case internalError = 1
    /// `VIR_ERR_INVALID_ARG`.
    case invalidArgument = 8
    /// `VIR_ERR_XML_ERROR`.
    case xmlError = 27
    /// `VIR_ERR_XML_DETAIL`: no class prefix.
    case xmlDetail = 35
    /// `VIR_ERR_CONFIG_UNSUPPORTED`.
    case unsupportedConfiguration = 67
    /// `VIR_ERR_ARGUMENT_UNSUPPORTED`.
    case argumentUnsupported = 74
    /// `VIR_ERR_OVERFLOW`.
    case overflow = 82

    /// What libvirt puts in front of a message with this number.
    var prefix: String {
      switch self {
      case .internalError: "internal error: "
      case .invalidArgument: "invalid argument: "
      case .xmlError: "XML error: "
      case .xmlDetail: ""
      case .unsupportedConfiguration: "unsupported configuration: "
      case .argumentUnsupported: "argument unsupported: "
      case .overflow: "numerical overflow: "
      }
    }
  }

  /// The parts of libvirt that report faults in a snapshot document.
  public enum Domain: Int32, Sendable {
    /// `VIR_FROM_NONE`: a shared routine.
    case none = 0
    /// `VIR_FROM_XML`.
    case xml = 5
    /// `VIR_FROM_STORAGE`.
    case storage = 18
    /// `VIR_FROM_DOMAIN`.
    case domain = 20
    /// `VIR_FROM_DOMAIN_SNAPSHOT`.
    case domainSnapshot = 35
  }

  init(
    _ fault: Fault, fileName: String?, line: Int, elementPath: String
  ) {
    code = fault.code
    domain = fault.domain
    message = fault.code.prefix + fault.text
    self.fileName = fileName
    self.line = line
    self.elementPath = elementPath
    cause = nil
  }

  /// What libvirt makes of a text that cannot be parsed.
  init(malformed error: XMLError) {
    code = .xmlDetail
    domain = .domainSnapshot
    message = error.message
    fileName = error.fileName
    line = error.line
    elementPath = ""
    cause = error
  }

  /// A fault without its place.
  struct Fault {
    let code: Code
    let domain: Domain
    let text: String

    init(_ code: Code, _ domain: Domain = .domainSnapshot, _ text: String) {
      self.code = code
      self.domain = domain
      self.text = text
    }

    /// The text of `virXMLPropEnum` and its relatives.
    static func invalidAttribute(_ name: String, of element: XMLElement, _ value: String, hint: String = "")
      -> Fault
    {
      Fault(
        .xmlError, .xml,
        "Invalid value for attribute '\(name)' in element '\(element.name)': '\(value)'.\(hint)")
    }

    /// The text of `virXMLProp…` for an attribute that must be there.
    static func missingAttribute(_ name: String, of element: XMLElement) -> Fault {
      Fault(.xmlError, .xml, "Missing required attribute '\(name)' in element '\(element.name)'")
    }
  }
}
