/// How the memory stream of a save image is compressed: `virQEMUSaveFormat` of libvirt.
public enum SaveImageCompression: Equatable, Sendable, CustomStringConvertible {
  /// Not at all: the stream is QEMU's own.
  case raw
  /// With a program that libvirt pipes the stream through.
  case program(Program)
  /// A number no known libvirt writes.
  case unknown(UInt32)

  /// The compressions by their numbers; zstd since libvirt 10.4.0.
  public enum Program: UInt32, Sendable {
    case gzip = 1
    case bzip2
    case xz
    case lzop
    case zstd
  }

  init(number: UInt32) {
    self = number == 0 ? .raw : Program(rawValue: number).map(Self.program) ?? .unknown(number)
  }

  /// The number in the header.
  var number: UInt32 {
    switch self {
    case .raw: 0
    case .program(let program): program.rawValue
    case .unknown(let number): number
    }
  }

  /// The name that libvirt's qemu.conf uses, or the number where there is no name.
  public var description: String {
    switch self {
    case .raw: "raw"
    case .program(let program): "\(program)"
    case .unknown(let number): "compression \(number)"
    }
  }
}
