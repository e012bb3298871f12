import CLinux
import Glibc
import SystemPackage

/// When an archive was last read to its end and found whole, kept with the file itself.
///
/// It stands in the extended attribute `user.snapsh.verified` (docs/archives.md): it goes where the file is renamed or
/// linked. In a copy, which nobody has verified, it counts for nothing though it was copied along: it names the inode.
/// A file that was written to since has none.
public struct VerificationRecord: Equatable, Sendable {
  /// The attribute's name.
  public static let attribute = "user.snapsh.verified"

  private static let version = "2"

  /// What the verification has proven.
  public enum Proof: String, Sendable {
    /// Structure, completeness and every byte of data.
    case content
    /// Structure and completeness; the archive carries no digests.
    case structure
  }

  /// Seconds since 1970.
  public let seconds: Int64
  /// How much was proven.
  public let proof: Proof

  /// Something that was verified at an instant.
  public init(seconds: Int64, proof: Proof) {
    self.seconds = seconds
    self.proof = proof
  }

  /// The record of a file as it is now; nil where there is none, or the file has changed since.
  public init?(of path: String) {
    var bytes = [UInt8](repeating: 0, count: 128)
    let length = bytes.withUnsafeMutableBytes { getxattr(path, Self.attribute, $0.baseAddress, $0.count) }
    guard length > 0 else { return nil }
    let fields = String(decoding: bytes.prefix(length), as: UTF8.self).split(separator: " ")
    guard fields.count == 6, fields[0] == Self.version, let seconds = Int64(fields[1]),
      let proof = Proof(rawValue: String(fields[2])), let state = try? Self.state(of: path),
      fields[3...].joined(separator: " ") == state
    else { return nil }
    self.init(seconds: seconds, proof: proof)
  }

  /// What a file is like before it is read, for ``write(to:readAs:)``.
  ///
  /// - Parameter path: a regular file.
  /// - Throws: `Errno`.
  /// - Returns: number of the inode, length in bytes and time of the last change in nanoseconds, as text.
  public static func state(of path: String) throws(Errno) -> String {
    var status = stat()
    guard stat(path, &status) == 0 else { throw Errno(rawValue: errno) }
    guard status.st_mode & S_IFMT == S_IFREG else { throw .invalidArgument }
    return "\(status.st_ino) \(status.st_size) \(status.st_mtim.tv_sec).\(status.st_mtim.tv_nsec)"
  }

  /// Keeps the record with the file.
  ///
  /// The C function is `setxattr`.
  /// - Parameters:
  ///   - path: the file that was verified.
  ///   - state: what it was like before; where that has changed, nothing is written.
  /// - Throws: `Errno`, such as of a file system without such attributes or of a file of somebody else's.
  public func write(to path: String, readAs state: String) throws(Errno) {
    guard try Self.state(of: path) == state else { return }
    let text = Array("\(Self.version) \(seconds) \(proof.rawValue) \(state)".utf8)
    let result = text.withUnsafeBytes { setxattr(path, Self.attribute, $0.baseAddress, $0.count, 0) }
    guard result == 0 else { throw Errno(rawValue: errno) }
  }
}
