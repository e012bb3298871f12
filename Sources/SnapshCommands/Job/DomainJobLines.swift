import Libvirt

/// A job's figures with labels and units, in virsh's order.
struct DomainJobLines {
  private let statistics: JobStatistics

  init(_ statistics: JobStatistics) {
    self.statistics = statistics
  }

  /// A label and a word, padded as virsh pads them.
  static func line(_ label: String, _ value: String, width: Int = 12, unit: String = "") -> String {
    padded(label, to: 17) + " " + padded(value, to: width) + (unit.isEmpty ? "" : " " + unit) + "\n"
  }

  private static func padded(_ text: String, to width: Int) -> String {
    text + String(repeating: " ", count: max(0, width - text.utf8.count))
  }

  /// All lines but the first, which names the job's type.
  var text: String {
    let parts = [
      Self.line("Operation:", statistics.operation.name), times, amounts("Data", of: "data"), memory,
      files, pages, downtimes, compression, remainder,
    ]
    return parts.joined()
  }

  private var times: String {
    var text = Self.line("Time elapsed:", String(statistics.elapsedMilliseconds ?? 0), unit: "ms")
    text += number("Time elapsed w/o network:", "time_elapsed_net", unit: "ms")
    if statistics.kind == .bounded {
      text += Self.line(
        "Time remaining:", String(statistics["time_remaining"]?.unsigned ?? 0), unit: "ms")
    }
    return text
  }

  private var memory: String {
    let amounts = amounts("Memory", of: "memory")
    guard !amounts.isEmpty else { return "" }
    return amounts + speed("Memory bandwidth:", "memory_bps")
      + number("Dirty rate:", "memory_dirty_rate", unit: "pages/s")
      + number("Page size:", "memory_page_size", unit: "bytes") + number("Iteration:", "memory_iteration")
      + number("Postcopy requests:", "memory_postcopy_requests")
  }

  private var files: String {
    let amounts = amounts("File", of: "disk")
    return amounts.isEmpty ? "" : amounts + speed("File bandwidth:", "disk_bps")
  }

  private var pages: String {
    number("Constant pages:", "memory_constant") + number("Normal pages:", "memory_normal")
      + size("Normal data:", "memory_normal_bytes")
  }

  private var downtimes: String {
    let label = statistics.kind == .completed ? "Total downtime:" : "Expected downtime:"
    return number(label, "downtime", unit: "ms")
      + number("Downtime w/o network:", "downtime_net", unit: "ms")
      + number("Setup time:", "setup_time", unit: "ms")
  }

  private var compression: String {
    size("Compression cache:", "compression_cache") + size("Compressed data:", "compression_bytes")
      + number("Compressed pages:", "compression_pages", width: 13)
      + number("Compression cache misses:", "compression_cache_misses", width: 13)
      + number("Compression overflows:", "compression_overflow", width: 13)
      + number("Auto converge throttle:", "auto_converge_throttle", width: 13)
  }

  private var remainder: String {
    var text =
      size("Temporary disk space use:", "disk_temp_used")
      + size("Temporary disk space total:", "disk_temp_total")
    if case .string(let message)? = statistics["errmsg"]?.value {
      text += Self.padded("Error message:", to: 17) + " \(message)\n"
    }
    return text
  }

  /// Done, to do and all of something, unless there is nothing of it.
  private func amounts(_ label: String, of name: String) -> String {
    let figures = ["processed", "remaining", "total"].map {
      (label: "\(label) \($0):", bytes: statistics["\(name)_\($0)"]?.unsigned ?? 0)
    }
    guard figures.contains(where: { $0.bytes > 0 }) else { return "" }
    return figures.map { Self.padded($0.label, to: 17) + " \(BinarySize($0.bytes).text)\n" }.joined()
  }

  private func number(_ label: String, _ name: String, width: Int = 12, unit: String = "") -> String {
    guard let number = statistics[name]?.unsigned else { return "" }
    return Self.line(label, String(number), width: width, unit: unit)
  }

  private func size(_ label: String, _ name: String) -> String {
    guard let bytes = statistics[name]?.unsigned else { return "" }
    return Self.padded(label, to: 17) + " \(BinarySize(bytes).text)\n"
  }

  private func speed(_ label: String, _ name: String) -> String {
    guard let bytes = statistics[name]?.unsigned, bytes > 0 else { return "" }
    return Self.padded(label, to: 17) + " \(BinarySize(bytes).text)/s\n"
  }
}
