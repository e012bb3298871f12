import Libvirt
import Operations

/// The figures of a job at one instant.
struct JobFigures: Encodable, Equatable {
  /// What the line is: always `progress`.
  let type = "progress"
  /// The job in the words of the text, as `Block Copy`.
  let label: String
  /// The job in one word, as `block-copy`.
  let job: String
  let completedBytes: UInt64
  let totalBytes: UInt64
  let elapsedSeconds: Double
  /// Since the job began; absent at its very start.
  let bytesPerSecond: UInt64?
  /// At that rate; absent where there is none.
  let secondsLeft: UInt64?

  private enum CodingKeys: String, CodingKey {
    case type, job, completedBytes, totalBytes, elapsedSeconds, bytesPerSecond, secondsLeft
  }

  init(label: String, _ info: JobInfo) {
    self.init(
      label: label, total: info.totalBytes, remaining: info.remainingBytes,
      elapsedMilliseconds: info.elapsedMilliseconds)
  }

  init(label: String, total: UInt64, remaining: UInt64, elapsedMilliseconds: UInt64) {
    self.label = label
    job = label.lowercased().replacing(" ", with: "-")
    totalBytes = total
    completedBytes = total - min(remaining, total)
    elapsedSeconds = Double(elapsedMilliseconds) / 1000
    let rate = elapsedSeconds > 0 ? Double(completedBytes) / elapsedSeconds : 0
    bytesPerSecond = rate >= 1 ? UInt64(exactly: rate.rounded()) : nil
    secondsLeft =
      rate >= 1 ? UInt64(exactly: (Double(total - completedBytes) / rate).rounded()) : nil
  }

  /// Whole percents, rounded down.
  var percent: Int {
    guard totalBytes > 0 else { return 0 }
    return Int(Double(completedBytes) / Double(totalBytes) * 100)
  }

  /// `Save: 12 %, 30.0 MiB of 256.0 MiB, 10.0 MiB/s, 22 s left`.
  var text: String {
    var text =
      "\(label): \(min(percent, 99)) %, \(Self.size(completedBytes)) of \(Self.size(totalBytes))"
    if let bytesPerSecond { text += ", \(Self.size(bytesPerSecond))/s" }
    if let secondsLeft { text += ", \(Self.time(secondsLeft)) left" }
    return text
  }

  private static func size(_ bytes: UInt64) -> String {
    var value = Double(bytes)
    for unit in ["B", "KiB", "MiB", "GiB", "TiB"] {
      if value < 1024 || unit == "TiB" {
        let tenths = UInt64(value * 10)
        return unit == "B" ? "\(bytes) B" : "\(tenths / 10).\(tenths % 10) \(unit)"
      }
      value /= 1024
    }
    return "\(bytes) B"
  }

  private static func time(_ seconds: UInt64) -> String {
    seconds < 60 ? "\(seconds) s" : "\(seconds / 60) min \(seconds % 60) s"
  }
}

/// A job of somebody else that is waited for.
struct JobWaitNotice: Encodable, Equatable {
  /// What the line is: always `waiting`.
  let type = "waiting"
  let domain: String
  /// What holds the domain, as `backup`.
  let job: String

  private enum CodingKeys: String, CodingKey {
    case type, domain, job
  }

  init(_ busy: DomainBusyError) {
    domain = busy.domain
    job = busy.job.operation.text
  }

  /// One line without its newline.
  var text: String { "waiting for a job of domain '\(domain)' to end: \(job)" }
}
