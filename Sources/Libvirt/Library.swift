import CLibvirt
import Glibc

/// libvirt as a library: made ready once per process, and asked for its version.
public enum Library {
  /// Makes libvirt ready; every connection does this first, and only the first call does anything.
  ///
  /// libvirt's error printer and its logger are kept off stderr, where they would mix with the tool's own
  /// words: the printer always, the logger only where the user has not set `LIBVIRT_LOG_OUTPUTS`,
  /// `LIBVIRT_LOG_FILTERS` or `LIBVIRT_DEBUG`.
  /// The corresponding C functions are `virInitialize` and `virSetErrorFunc`.
  /// - Throws: ``LibvirtError`` when libvirt cannot start; it then never can in this process.
  public static func initialize() throws(LibvirtError) {
    try initialization.get()
  }

  /// The version of the libvirt whose headers this was compiled with (`LIBVIR_VERSION_NUMBER`).
  public static let compiledVersion = Version(number: UInt(LIBVIR_VERSION_NUMBER))

  /// The version of the libvirt that is linked, as three numbers (`virGetVersion`).
  public static func version() throws(LibvirtError) -> Version {
    try initialize()
    var number: UInt = 0
    guard virGetVersion(&number, nil, nil) == 0 else { throw LibvirtError.last() }
    return Version(number: number)
  }
}

/// A version as libvirt counts them: major × 1,000,000 + minor × 1,000 + release.
public struct Version: Equatable, Comparable, Sendable, CustomStringConvertible {
  /// The first number, 9 in 9.0.0.
  public let major: UInt
  /// The second number.
  public let minor: UInt
  /// The third number.
  public let release: UInt

  /// Takes libvirt's single number apart.
  public init(number: UInt) {
    major = number / 1_000_000
    minor = number / 1_000 % 1_000
    release = number % 1_000
  }

  /// The usual dotted form.
  public var description: String { "\(major).\(minor).\(release)" }

  /// Orders by major, then minor, then release.
  public static func < (left: Version, right: Version) -> Bool {
    (left.major, left.minor, left.release) < (right.major, right.minor, right.release)
  }
}

private let initialization: Result<Void, LibvirtError> = {
  let logVariables = ["LIBVIRT_LOG_OUTPUTS", "LIBVIRT_LOG_FILTERS", "LIBVIRT_DEBUG"]
  let quiet = logVariables.allSatisfy { getenv($0) == nil }
  // libvirt reads the variable once, here; it is taken back so that no child process inherits it.
  if quiet { setenv("LIBVIRT_LOG_OUTPUTS", "4:file:/dev/null", 1) }
  defer { if quiet { unsetenv("LIBVIRT_LOG_OUTPUTS") } }
  virSetErrorFunc(nil, ignoreError)
  return virInitialize() == 0 ? .success(()) : .failure(LibvirtError.last())
}()

/// Replaces libvirt's default error printer, which writes to stderr. At file scope, because libvirt calls it on any thread.
private func ignoreError(_ userData: UnsafeMutableRawPointer?, _ error: virErrorPtr?) {}
