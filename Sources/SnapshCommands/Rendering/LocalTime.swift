import Glibc

/// An instant in seconds since 1970, as people and programs read it.
struct LocalTime {
  let seconds: Int64

  /// In the local time zone, as virsh prints it: `2026-11-21 01:36:49 +0000`.
  var text: String { format("%Y-%m-%d %H:%M:%S %z", in: localtime_r) }

  /// In the local time zone, as Proxmox's `vma` prints it: `Sat Nov 21 01:38:38 2026`.
  ///
  /// That is `ctime(3)`, which itself writes past its 26 bytes for years of five digits.
  var ctime: String { format("%a %b %e %H:%M:%S %Y", in: localtime_r) }

  /// In the local time zone, as virsh stamps the lines of its log: `2026.11.21 01:36:49`.
  var logStamp: String { format("%Y.%m.%d %H:%M:%S", in: localtime_r) }

  /// Nanoseconds beyond the seconds.
  var nanoseconds = 0

  /// This instant.
  static func now() -> LocalTime {
    var instant = timespec()
    clock_gettime(CLOCK_REALTIME, &instant)
    return LocalTime(seconds: Int64(instant.tv_sec), nanoseconds: Int(instant.tv_nsec))
  }

  /// To the millisecond, in UTC, as virsh stamps events: `2026-11-21 01:36:49.123+0000`.
  var millisecondText: String {
    let fraction = String(1000 + nanoseconds / 1_000_000).dropFirst()
    return format("%Y-%m-%d %H:%M:%S.", in: gmtime_r) + fraction + "+0000"
  }

  /// In UTC without saying so, as virsh prints a guest's clock: `2026-11-21 01:36:49`.
  var clockFace: String { format("%Y-%m-%d %H:%M:%S", in: gmtime_r) }

  /// In UTC by RFC 3339: `2026-11-21T01:36:49Z`.
  var rfc3339: String { format("%Y-%m-%dT%H:%M:%SZ", in: gmtime_r) }

  private typealias Calendar = (UnsafePointer<time_t>, UnsafeMutablePointer<tm>) -> UnsafeMutablePointer<tm>?

  private func format(_ pattern: String, in calendar: Calendar) -> String {
    var instant = time_t(seconds)
    var fields = tm()
    guard calendar(&instant, &fields) != nil else { return String(seconds) }
    var buffer = [UInt8](repeating: 0, count: 64)
    let length = buffer.withUnsafeMutableBytes { bytes in
      // Newer C libraries say that the pointer may not be null.
      guard let start = bytes.baseAddress else { return 0 }
      return strftime(start.assumingMemoryBound(to: CChar.self), bytes.count, pattern, &fields)
    }
    return String(decoding: buffer.prefix(length), as: UTF8.self)
  }
}
