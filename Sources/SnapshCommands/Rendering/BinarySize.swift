import Glibc

/// A size as virsh shows it to people: a few decimals and a unit, each unit 1024 of the one before.
struct BinarySize {
  private static let units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"]

  /// The number, such as `1.000`.
  let number: String
  /// The unit, such as `KiB`.
  let unit: String

  /// - Parameters:
  ///   - bytes: The size.
  ///   - decimals: Three in most of virsh's commands, two in those on storage.
  init(_ bytes: UInt64, decimals: Int = 3) {
    var value = Double(bytes)
    var index = 0
    while value >= 1024 && index < Self.units.count - 1 {
      value /= 1024
      index += 1
    }
    number = Self.rounded(value, decimals)
    unit = Self.units[index]
  }

  /// Number and unit, such as `1.000 KiB`.
  var text: String { "\(number) \(unit)" }

  /// The C library's rounding, so that no digit differs from virsh's.
  private static func rounded(_ value: Double, _ decimals: Int) -> String {
    var buffer = [UInt8](repeating: 0, count: 64)
    let length = buffer.withUnsafeMutableBytes { bytes in
      withVaList([Int32(clamping: decimals), value]) { arguments in
        vsnprintf(
          bytes.baseAddress?.assumingMemoryBound(to: CChar.self), bytes.count, "%.*f", arguments)
      }
    }
    return String(decoding: buffer.prefix(max(0, Int(length))), as: UTF8.self)
  }
}
