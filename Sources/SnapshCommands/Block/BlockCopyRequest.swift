import CommandGrammar
import Libvirt
import XMLTree

/// Where `blockcopy` copies to and how, and which of libvirt's two calls that takes.
struct BlockCopyRequest {
  static let destination = Option.text("dest", completes: .file, help: "the file or device to copy to")
  static let shallow = Option.flag("shallow", help: "copy the top image; the copy shares the backing chain")
  static let reuseExternal = Option.flag(
    "reuse-external", help: "the destination is there and is used as it is")
  static let blockDevice = Option.flag("blockdev", help: "the destination is a block device")
  static let xml = Option.text(
    "xml", completes: .file, help: "file of a <disk> that describes the destination")
  static let format = Option.text(
    "format", completes: .words(["raw", "qcow2"]), help: "the destination's format")
  static let granularity = Option.number("granularity", help: "unit of tracking in bytes, a power of two")
  static let bufferSize = Option.number("buf-size", help: "the most bytes in flight")
  static let transientJob = Option.flag(
    "transient-job", help: "a copy that does not outlive the guest will do")
  static let synchronousWrites = Option.flag(
    "synchronous-writes", help: "guest writes end when both sides have them")

  let file: String?
  private let destination: String?
  private let isBlockDevice: Bool
  private let format: String?
  private let bandwidth: BandwidthLimit
  private var tuning: BlockCopyTuning
  private let flags: BlockCopyFlags

  init(_ arguments: ParsedArguments) throws {
    bandwidth = try BandwidthLimit(arguments)
    destination = try arguments[Self.destination]
    file = try arguments[Self.xml]
    format = try arguments[Self.format]
    isBlockDevice = try arguments[Self.blockDevice]
    tuning = BlockCopyTuning()
    if let number = try arguments[Self.granularity] {
      guard let granularity = UInt32(exactly: number) else {
        throw ArgumentError.notANumber(option: "granularity", value: String(number))
      }
      tuning.granularity = granularity == 0 ? nil : granularity
    }
    if let number = try arguments[Self.bufferSize] {
      guard let bufferSize = UInt64(exactly: number) else {
        throw ArgumentError.notANumber(option: "buf-size", value: String(number))
      }
      tuning.bufferSize = bufferSize == 0 ? nil : bufferSize
    }
    var flags: BlockCopyFlags = []
    if try arguments[Self.shallow] { flags.insert(.shallow) }
    if try arguments[Self.reuseExternal] { flags.insert(.reuseExternal) }
    if try arguments[Self.transientJob] { flags.insert(.transientJob) }
    if try arguments[Self.synchronousWrites] { flags.insert(.synchronousWrites) }
    self.flags = flags
  }

  /// Refuses a destination that is missing or given twice.
  ///
  /// - Throws: ``CommandFailure``, `ArgumentError`.
  static func check(_ arguments: ParsedArguments) throws {
    try arguments.refuseBoth([(destination, xml), (format, xml), (blockDevice, xml)])
    guard arguments.isGiven(destination) || arguments.isGiven(xml) else {
      throw CommandFailure("need either --dest or --xml")
    }
  }

  /// The `<disk>` that describes the destination.
  ///
  /// - Throws: ``CommandFailure`` when its file cannot be read.
  func document() throws -> String {
    if let file { return try XMLFile(path: file).text() }
    var disk = XMLElement("disk", attributes: [XMLAttribute("type", isBlockDevice ? "block" : "file")])
    let source = XMLAttribute(isBlockDevice ? "dev" : "file", destination ?? "")
    disk.children.append(.element(XMLElement("source", attributes: [source])))
    if let format {
      disk.children.append(.element(XMLElement("driver", attributes: [XMLAttribute("type", format)])))
    }
    return disk.text(layout: .libvirt)
  }

  /// Starts the copy, by the older call where that can say it all: it works with every server.
  ///
  /// - Throws: libvirt's error, ``CommandFailure``.
  func start(on domain: Domain, disk: String) throws {
    guard needsNewerCall else {
      try domain.blockRebase(on: disk, base: destination, bandwidth: bandwidth.value, rebaseFlags)
      return
    }
    var tuning = tuning
    tuning.bandwidth = try bandwidth.inBytes()
    try domain.blockCopy(of: disk, destinationXML: try document(), tuning, flags)
  }

  private var needsNewerCall: Bool {
    file != nil || tuning != BlockCopyTuning() || format.map { $0 != "raw" } ?? false
      || !flags.isDisjoint(with: [.transientJob, .synchronousWrites])
  }

  private var rebaseFlags: BlockRebaseFlags {
    var rebaseFlags: BlockRebaseFlags = .copy
    if flags.contains(.shallow) { rebaseFlags.insert(.shallow) }
    if flags.contains(.reuseExternal) { rebaseFlags.insert(.reuseExternal) }
    if isBlockDevice { rebaseFlags.insert(.copyToDevice) }
    if format == "raw" { rebaseFlags.insert(.copyRaw) }
    if bandwidth.isInBytes { rebaseFlags.insert(.bandwidthInBytes) }
    return rebaseFlags
  }
}
