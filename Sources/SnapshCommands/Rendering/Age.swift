/// How long ago something was, in its two largest units: `3d 4h`, `12m 5s`.
struct Age {
  let seconds: Int64

  /// - Parameters:
  ///   - instant: When it was, in seconds since 1970.
  ///   - now: What "ago" counts from.
  init(of instant: Int64, at now: Int64) {
    let (difference, overflow) = now.subtractingReportingOverflow(instant)
    // A clock that was set back makes no snapshot of the future.
    seconds = overflow ? 0 : max(0, difference)
  }

  var text: String {
    let units: [(letter: String, seconds: Int64)] = [("d", 86400), ("h", 3600), ("m", 60), ("s", 1)]
    let largest = units.firstIndex { seconds >= $0.seconds } ?? units.count - 1
    var rest = seconds
    return units[largest...].prefix(2).map { unit in
      defer { rest %= unit.seconds }
      return "\(rest / unit.seconds)\(unit.letter)"
    }.joined(separator: " ")
  }
}
