/// Watches a migration stream of QEMU go by, and knows at its end whether it was whole.
///
/// A stream has no length and no digest. What it begins with and ends with is QEMU's `qemu_savevm_state_header` and
/// `qemu_savevm_state_complete_precopy`: `QEVM`, version 3, a configuration section in all machine types since 2.4; at
/// the end `QEMU_VM_EOF` and, where there was such a section, a description in JSON behind its length.
public struct MigrationStreamCheck: Sendable {
  /// What is wrong with a stream.
  public enum Fault: Error, Equatable, Sendable {
    /// Not one byte came.
    case empty
    /// It begins with something else.
    case notAStream
    /// It ends after so many bytes without the mark of its end.
    case cut(length: UInt64)
  }

  private static let endMark: UInt8 = 0  // QEMU_VM_EOF
  private static let descriptionMark: UInt8 = 6  // QEMU_VM_VMDESCRIPTION
  private static let configurationMark: UInt8 = 7  // QEMU_VM_CONFIGURATION
  /// Bytes of the end that are kept; the description of a guest with a hundred devices has a tenth of this.
  private static let kept = 4 << 20

  /// Bytes seen so far.
  public private(set) var length: UInt64 = 0
  private var head: [UInt8] = []
  private var tail: [UInt8] = []

  /// Nothing seen yet.
  public init() {}

  /// Sees the next bytes.
  ///
  /// - Throws: ``Fault/notAStream``, as soon as that is known.
  public mutating func take(_ bytes: UnsafeRawBufferPointer) throws(Fault) {
    length += UInt64(bytes.count)
    let wanted = MigrationStream.start.count + 1 - head.count
    if wanted > 0 {
      head += bytes.prefix(wanted)
      guard MigrationStream.start.starts(with: head.prefix(MigrationStream.start.count)) else {
        throw .notAStream
      }
    }
    // Cut only when it has doubled, so that a byte is moved once, not at every call.
    if tail.count + bytes.count > 2 * Self.kept {
      tail.removeFirst(max(0, tail.count - max(0, Self.kept - bytes.count)))
    }
    tail += bytes.suffix(Self.kept)
  }

  /// Checks that what has been seen is a whole stream.
  ///
  /// - Throws: ``Fault``.
  public func checkComplete() throws(Fault) {
    guard length > 0 else { throw .empty }
    guard head.count > MigrationStream.start.count else { throw .cut(length: length) }
    let promisesDescription = head.last == Self.configurationMark
    guard endsWithDescription || (!promisesDescription && tail.last == Self.endMark) else {
      throw .cut(length: length)
    }
  }

  /// Whether the last bytes are a description of just the length that stands before it.
  private var endsWithDescription: Bool {
    guard tail.last == UInt8(ascii: "}"), tail.count > 7 else { return false }
    return tail.withUnsafeBytes { bytes in
      // From the end back: the length before a shorter description is the likelier one.
      for start in stride(from: bytes.count - 1, through: 6, by: -1) where bytes[start] == UInt8(ascii: "{") {
        guard bytes[start - 6] == Self.endMark, bytes[start - 5] == Self.descriptionMark else { continue }
        let length = bytes[start - 4..<start].reduce(0) { $0 << 8 | Int($1) }
        if length == bytes.count - start { return true }
      }
      return false
    }
  }
}
