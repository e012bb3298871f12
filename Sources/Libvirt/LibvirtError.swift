import CLibvirt

/// What went wrong inside libvirt: its own code, domain, level and message, unchanged.
///
/// The corresponding C type is `virError`. libvirt keeps its last error per thread, so an error is
/// always taken on the thread that made the call, right after the call (``LibvirtError/last()``).
public struct LibvirtError: Error, Equatable, Sendable, CustomStringConvertible {
  /// Which kind of error it is (`virErrorNumber`).
  public let code: Code
  /// Which part of libvirt raised it (`virErrorDomain`).
  public let domain: ErrorDomain
  /// How bad it is (`virErrorLevel`).
  public let level: Level
  /// libvirt's sentence, class prefix included, as virsh prints it after `error: `.
  public let message: String
  /// The first of libvirt's extra strings, most often the message's template.
  public let str1: String?
  /// The second of libvirt's extra strings, most often what the template was filled with.
  public let str2: String?
  /// The third of libvirt's extra strings.
  public let str3: String?
  /// The first of libvirt's extra numbers; the errno for ``Code/systemError``.
  public let int1: Int32
  /// The second of libvirt's extra numbers.
  public let int2: Int32

  /// Makes an error of our own in libvirt's shape, for a misuse that libvirt itself could not be asked about.
  public init(
    code: Code, domain: ErrorDomain = .none, level: Level = .error, message: String, str1: String? = nil,
    str2: String? = nil, str3: String? = nil, int1: Int32 = 0, int2: Int32 = 0
  ) {
    self.code = code
    self.domain = domain
    self.level = level
    self.message = message
    self.str1 = str1
    self.str2 = str2
    self.str3 = str3
    self.int1 = int1
    self.int2 = int2
  }

  /// libvirt's message.
  public var description: String { message }

  /// How bad an error is (`virErrorLevel`).
  public enum Level: Int32, Sendable {
    /// No error at all (`VIR_ERR_NONE`).
    case none = 0
    /// A warning (`VIR_ERR_WARNING`).
    case warning = 1
    /// An error (`VIR_ERR_ERROR`).
    case error = 2
  }

  /// The calling thread's last libvirt error; call it right after the function that failed.
  ///
  /// Some functions fail without saying why (libvirt 9.0 does so for memory-only snapshots): the error is
  /// then ``Code/internalError`` with libvirt's own words for it.
  /// The corresponding C function is `virGetLastError`.
  static func last() -> LibvirtError {
    guard let pointer = virGetLastError(), pointer.pointee.code != 0 else {
      return LibvirtError(
        code: .internalError, message: "An error occurred, but the cause is unknown")
    }
    let error = pointer.pointee
    return LibvirtError(
      code: Code(rawValue: error.code), domain: ErrorDomain(rawValue: error.domain),
      level: Level(rawValue: Int32(error.level.rawValue)) ?? .error,
      message: text(error.message) ?? "unknown error", str1: text(error.str1), str2: text(error.str2),
      str3: text(error.str3), int1: error.int1, int2: error.int2)
  }

  private static func text(_ pointer: UnsafeMutablePointer<CChar>?) -> String? {
    pointer.map { String(cString: $0) }
  }
}
