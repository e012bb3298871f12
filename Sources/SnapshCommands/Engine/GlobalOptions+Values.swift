import CommandGrammar

/// Global options that take a value.
extension GlobalOptions {
  /// Takes one of them.
  ///
  /// - Parameters:
  ///   - value: What was given.
  ///   - name: The option's long name.
  ///   - written: The option as it stands on the command line, for what is said of it.
  /// - Throws: ``UsageError`` in virsh's words.
  mutating func take(_ value: String, for name: String, written: String) throws {
    switch name {
    case "connect":
      uri = value
      isURIExplicit = true
    case "debug":
      guard let number = Self.decimal(value) else {
        throw UsageError.invalidGlobalValue("option \(written) takes a numeric argument")
      }
      if let level = DiagnosticLog.Level(rawValue: Int(number)) {
        debugLevel = level
      } else {
        warnings.append("ignoring debug level \(number) out of range [0-4]")
      }
    case "escape":
      // The console it belongs to is another tool's work; a script that gives it goes on working.
      guard Self.isEscapeSequence(value) else {
        throw UsageError.invalidGlobalValue("Invalid string '\(value)' for escape sequence")
      }
    case "keepalive-interval":
      keepAliveInterval = try Self.count(value, written: written)
    case "keepalive-count":
      keepAliveCount = try Self.count(value, written: written)
    case "log":
      logFile = value
    default:
      guard let mode = ProgressMode(rawValue: value) else {
        throw UsageError.invalidGlobalValue(
          "option --progress must be auto, plain, json or none, not '\(value)'")
      }
      progress = mode
    }
  }

  /// What the environment says where `-d` and `-l` do not.
  mutating func takeDiagnostics(from environment: [String: String]) {
    if debugLevel == .error, let text = environment["VIRSH_DEBUG"] {
      if let level = Self.decimal(text).flatMap({ DiagnosticLog.Level(rawValue: Int($0)) }) {
        debugLevel = level
      } else {
        warnings.append("VIRSH_DEBUG not set with a valid numeric value")
      }
    }
    if logFile == nil { logFile = environment["VIRSH_LOG_FILE"] }
  }

  private static func count(_ value: String, written: String) throws -> Int32 {
    guard let number = decimal(value) else {
      throw UsageError.invalidGlobalValue("Invalid value for option \(written)")
    }
    guard number >= 0 else {
      throw UsageError.invalidGlobalValue("option \(written) requires a positive integer argument")
    }
    return number
  }

  /// A number as `strtol` reads it to the end: blanks and a sign may stand before it.
  private static func decimal(_ text: String) -> Int32? {
    Int32(text.drop { " \t\n\u{0B}\u{0C}\r".contains($0) })
  }

  /// One character, or `^` and a letter or one of `@[\]^_`.
  private static func isEscapeSequence(_ text: String) -> Bool {
    let bytes = Array(text.utf8)
    switch bytes.count {
    case 1: return text != "^"
    case 2: return bytes[0] == UInt8(ascii: "^") && isControllable(bytes[1])
    default: return false
    }
  }

  private static func isControllable(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "@")...UInt8(ascii: "_"): true
    default: false
    }
  }
}
