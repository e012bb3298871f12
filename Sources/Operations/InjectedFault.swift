import Glibc

/// Failures that the fault-matrix tests order by the environment, in debug builds alone.
///
/// `SNAPSH_FAULT=before:3:fail` lets step 3 fail before it begins; `after:3:kill` kills this process (SIGKILL) once it
/// is done; `after:3:stop` stops it (SIGSTOP), for whoever wants to do something else first, such as to kill QEMU.
enum InjectedFault {
  enum Moment: String {
    case before, after
  }

  /// Does what was ordered for this moment, usually nothing.
  ///
  /// - Throws: ``InjectedFailure`` where a failure was ordered.
  static func strike(_ moment: Moment, step: Int) throws {
    #if DEBUG
      guard let order = getenv("SNAPSH_FAULT") else { return }
      switch String(cString: order) {
      case "\(moment.rawValue):\(step):fail": throw InjectedFailure(moment: moment.rawValue, step: step)
      case "\(moment.rawValue):\(step):kill": kill(getpid(), SIGKILL)
      case "\(moment.rawValue):\(step):stop": kill(getpid(), SIGSTOP)
      default: break
      }
    #endif
  }

  /// `SNAPSH_FAULT=scratch:BYTES`: so much may be overwritten during a backup until its scratch directory counts as full.
  static var scratchLimit: UInt64? {
    #if DEBUG
      guard let order = getenv("SNAPSH_FAULT").map({ String(cString: $0) }), order.hasPrefix("scratch:")
      else {
        return nil
      }
      return UInt32(order.dropFirst("scratch:".count)).map(UInt64.init)
    #else
      return nil
    #endif
  }
}

/// A failure that a test ordered.
struct InjectedFailure: Error, Equatable, CustomStringConvertible {
  let moment: String
  let step: Int

  var description: String { "a failure was ordered \(moment) step \(step)" }
}
