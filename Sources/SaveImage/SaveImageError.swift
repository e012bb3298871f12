import SystemPackage
import XMLTree

/// What is wrong with a save image, or what the system refused while reading or writing one.
public enum SaveImageError: Error, Equatable, Sendable {
  /// A part of the file, in the order they come.
  public enum Part: String, Equatable, Sendable {
    case header
    case domainXML = "domain XML"
    case cookie
    case memory = "memory stream"
  }

  /// The file does not begin with libvirt's magic.
  case notASaveImage
  /// The save that wrote the file was not finished (magic `LibvirtQemudPart`).
  case incomplete
  /// The file was written on a machine of the other byte order.
  case otherByteOrder
  /// A version other than 2.
  case unsupportedVersion(UInt32)
  /// The file ends at `offset`, where the part would need `expected` bytes from the file's start.
  case truncated(part: Part, offset: Int, expected: Int)
  /// The header claims more bytes before the memory stream than can be meant.
  case dataTooLong(UInt32)
  /// The cookie would begin outside the bytes before the memory stream.
  case cookieOutside(offset: UInt32, dataLength: Int)
  /// A text that begins at `offset` in the file has no NUL before the next part.
  case unterminated(part: Part, offset: Int)
  /// A text that begins at `offset` in the file is not well-formed XML.
  case malformed(part: Part, offset: Int, cause: XMLError)
  /// A text has another root element than it must have.
  case unexpectedRoot(part: Part, offset: Int, name: String)
  /// The memory stream is compressed.
  case compressed(SaveImageCompression)
  /// The memory stream at `offset` does not begin like a migration stream of QEMU.
  case notAMigrationStream(offset: Int)
  /// XML or cookie to be written hold a NUL, or are too long.
  case unwritable(part: Part)
  /// The system refused; `operation` completes "cannot … it".
  case system(operation: String, errno: Errno)
}

extension SaveImageError: CustomStringConvertible {
  /// One sentence; the caller names the file.
  public var description: String {
    switch self {
    case .notASaveImage:
      "not a save image of libvirt's QEMU driver: it does not begin with \"LibvirtQemudSave\""
    case .incomplete:
      "the save that wrote this image did not finish (its magic is \"LibvirtQemudPart\"): save the guest again"
    case .otherByteOrder:
      "the save image comes from a machine of the other byte order and can be restored only there"
    case .unsupportedVersion(let version):
      "the save image has version \(version), only version \(SaveImageHeader.version) is known"
    case .truncated(let part, let offset, let expected):
      "the save image ends at byte \(offset), inside its \(part.rawValue), which needs \(expected) bytes: the copy is incomplete"
    case .dataTooLong(let length):
      "the save image claims \(length) bytes of XML at byte 20, more than the \(SaveImageHeader.maximumDataLength) that can be meant"
    case .cookieOutside(let offset, let length):
      "the save image puts its cookie at \(offset), outside the \(length) bytes before the memory stream"
    case .unterminated(let part, let offset):
      "the \(part.rawValue) at byte \(offset) of the save image has no end"
    case .malformed(let part, let offset, let cause):
      "the \(part.rawValue) at byte \(offset) of the save image is not well-formed: \(cause)"
    case .unexpectedRoot(let part, let offset, let name):
      "the \(part.rawValue) at byte \(offset) of the save image is a <\(name)>"
    case .compressed(let compression):
      compression.refusal
    case .notAMigrationStream(let offset):
      "the memory stream at byte \(offset) is not one of QEMU: it does not begin with \"QEVM\" and version 3"
    case .unwritable(let part):
      "the \(part.rawValue) cannot stand in a save image: it holds a NUL byte or is longer than \(SaveImageHeader.maximumDataLength) bytes"
    case .system(let operation, let errno):
      "cannot \(operation) it: \(errno)"
    }
  }
}

extension SaveImageCompression {
  fileprivate var refusal: String {
    switch self {
    case .raw, .program:
      "the memory stream is compressed with \(self): decompress it, or set save_image_format = \"raw\" in qemu.conf and save again"
    case .unknown(let number):
      "the memory stream is compressed in a way this version does not know (number \(number))"
    }
  }
}
