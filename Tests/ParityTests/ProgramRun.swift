import Foundation
import TestSupport

/// What a program printed and how it ended, without what differs from one run to the next.
struct ProgramRun: Equatable {
  let output: String
  let error: String
  let status: Int32?

  /// Runs virsh; a run that hangs, as `save` and `managedsave` do ever so often, is made again.
  static func virsh(_ arguments: [String], environment: [String: String] = [:]) throws -> ProgramRun {
    let settings = surroundings.merging(environment) { $1 }
    if arguments.contains(where: { $0.contains("save") }) {
      for _ in 0..<20 {
        if let result = try? TestSupport.virsh(arguments, environment: settings, timeout: 3) {
          return ProgramRun(result)
        }
      }
    }
    return ProgramRun(try TestSupport.virsh(arguments, environment: settings, timeout: 60))
  }

  /// Runs snapsh.
  static func snapsh(_ arguments: [String], environment: [String: String] = [:]) throws -> ProgramRun {
    ProgramRun(
      try TestSupport.snapsh(arguments, environment: surroundings.merging(environment) { $1 }, timeout: 60))
  }

  /// An odd time zone, so that no time is right by chance; libvirt's own log lines are not compared.
  private static let surroundings = [
    "TZ": "XYZ-05:45", "LC_ALL": "C.UTF-8", "LIBVIRT_LOG_OUTPUTS": "4:file:/dev/null",
    "VISUAL": "true",
  ]

  private init(_ result: ProcessResult) {
    output = Self.masked(result.stdout)
    error = Self.masked(result.stderr)
    status = result.status
  }

  /// Hides the time of the run; the fixed times of the test node are of 2017 and 2020 and stay.
  private static func masked(_ text: String) -> String {
    text
      .replacing(/20(2[1-9]|[3-9]\d)-\d\d-\d\d \d\d:\d\d:\d\d [+-]\d{4}/, with: "<time>")
      .replacing(/\(Time: \d+\.\d{3} ms\)/, with: "(Time: <duration>)")
      // By Unicode's own rules a number with a decimal point is one word.
      .replacing(/\b1[7-9]\d{8}\b(\.\d)?/.wordBoundaryKind(.simple), with: "<seconds>")
  }
}
