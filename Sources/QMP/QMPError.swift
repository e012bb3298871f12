import SystemPackage

/// What keeps a monitor from being used.
public enum QMPError: Error, Equatable, Sendable {
  /// The path has more bytes than a socket's may have, 107.
  case pathTooLong(String)
  /// Nobody listens, or the socket may not be used.
  case connect(path: String, Errno)
  /// Somebody listens and does not answer.
  case noGreeting(path: String)
  /// What answers does not speak QMP. `reason` says what is wrong with what it sent.
  case notQMP(path: String, reason: String)
  /// The connection has ended.
  case gone(path: String)
  /// A system call on the connection failed.
  case system(path: String, Errno)
  /// QEMU refused a command: its own class and description.
  case refused(command: String, class: String, description: String)
  /// QEMU has taken a command and does not answer it.
  case noAnswer(command: String, seconds: Int)
}

extension QMPError: CustomStringConvertible {
  /// One sentence for the person who asked.
  public var description: String {
    switch self {
    case .pathTooLong(let path):
      "the socket path '\(path)' has more than 107 bytes; reach it by a shorter one"
    case .connect(let path, let errno):
      "cannot connect to a QEMU at '\(path)': \(errno); name the Unix socket of its -qmp option"
    case .noGreeting(let path):
      "a QEMU listens at '\(path)' and does not answer: a monitor serves one client at a time, so end the other one, "
        + "or give QEMU another -qmp socket"
    case .notQMP(let path, let reason):
      "what answers at '\(path)' is no QMP monitor (\(reason)); name the Unix socket of QEMU's -qmp option"
    case .gone(let path):
      "the QEMU at '\(path)' has closed its monitor's connection"
    case .system(let path, let errno):
      "the connection to the QEMU at '\(path)' failed: \(errno)"
    case .refused(let command, let errorClass, let description):
      "QEMU refuses '\(command)': \(description) (\(errorClass))"
    case .noAnswer(let command, let seconds):
      "QEMU has not answered '\(command)' for \(seconds) seconds"
    }
  }

  /// Whether the connection is of no use any more.
  public var isBroken: Bool {
    if case .refused = self { return false }
    return true
  }
}
