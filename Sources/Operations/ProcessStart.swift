import FoundationEssentials

/// When processes began, by which one is told from a later one of the same number.
enum ProcessStart {
  /// Clock ticks since the machine started: field 22 of `/proc/PID/stat` (proc(5)); `nil` where there is no such process.
  static func moment(of process: Int32) -> String? {
    guard let stat = try? String(contentsOf: URL(filePath: "/proc/\(process)/stat"), encoding: .utf8)
    else { return nil }
    // The name, the second field, is in parentheses and may hold anything; the third is 2 words after it.
    guard let end = stat.lastIndex(of: ")") else { return nil }
    let fields = stat[end...].split(separator: " ")
    return fields.count > 20 ? String(fields[20]) : nil
  }
}
