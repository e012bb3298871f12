import Foundation

/// A real guest under a libvirt root of its own (`qemu:///embed?root=DIR`), driven from outside by commands.
///
/// Made with ``with(name:disks:body:)``, which ends the guest's QEMU and removes the root however the body ends. QEMU runs as
/// the caller, so that the guest reaches whatever the test reaches.
public final class EmbeddedGuest {
  /// One disk of the guest.
  public struct Disk: Sendable {
    /// The device's name in the guest and in libvirt, for example `vda`.
    public let target: String

    /// The image's format, `qcow2` or `raw`.
    public let format: String

    /// The virtual size in MiB.
    public let mebibytes: Int

    /// A disk that is to be made. 64 MiB hold the records of 16384 ticks, almost an hour.
    public init(_ target: String, format: String = "qcow2", mebibytes: Int = 64) {
      self.target = target
      self.format = format
      self.mebibytes = mebibytes
    }
  }

  /// The domain's name.
  public let name: String

  /// The disks the guest was defined with.
  public let disks: [Disk]

  /// The directory of everything: libvirt's state, `disks/`, `serial.log`. Free for the test's own files.
  public let root: String

  /// The URI under which any process finds the guest.
  public var uri: String { "qemu:///embed?root=\(root)" }

  /// The file that collects the guest's serial line, over all its starts.
  public var serialLog: String { root + "/serial.log" }

  /// The domain XML that the guest was defined with.
  public let domainXML: String

  private let undertaker: Undertaker

  /// Defines a guest, hands it to `body`, and leaves nothing of it behind.
  /// - Parameters:
  ///   - name: the domain's name.
  ///   - disks: its disks, made empty.
  ///   - body: gets the guest, defined and shut off.
  /// - Returns: what `body` returns.
  /// - Throws: ``TestSupportError``, or what `body` throws.
  public static func with<Value>(
    name: String = "guest", disks: [Disk] = [Disk("vda"), Disk("vdb")],
    body: (EmbeddedGuest) throws -> Value
  ) throws -> Value {
    let guest = try EmbeddedGuest(name: name, disks: disks)
    defer { guest.undertaker.bury() }
    do {
      try guest.define()
      return try body(guest)
    } catch let error as TestSupportError {
      // What the guest said last is what tells why it did not get where it should.
      throw TestSupportError("\(error)\n\(guest.diagnosis)")
    }
  }

  private init(name: String, disks: [Disk]) throws {
    self.name = name
    self.disks = disks
    undertaker = try Undertaker()
    root = undertaker.directory
    domainXML = try Self.domainXML(name: name, disks: disks, root: root, image: try GuestImage.shared())
  }

  /// The path of a disk's first image. Snapshots put overlays beside it.
  public func imagePath(_ disk: Disk) -> String {
    "\(root)/disks/\(disk.target).\(disk.format)"
  }

  /// Runs snapsh on this guest's libvirt.
  /// - Throws: ``TestSupportError`` when it does not end in time.
  public func snapsh(_ arguments: String..., stdin: [UInt8] = []) throws -> ProcessResult {
    // The journals of operations belong to the guest, and go with it.
    try TestSupport.snapsh(
      ["-c", uri] + arguments, stdin: stdin, environment: ["XDG_STATE_HOME": root + "/state"])
  }

  /// Runs virsh on this guest's libvirt.
  ///
  /// virsh can crash when all is done and printed: its exit takes libraries from under the thread with which the driver
  /// meets a running guest again. Such an end is taken for the one that its output tells.
  /// - Throws: ``TestSupportError`` when it does not end in time.
  public func virsh(_ arguments: [String], stdin: [UInt8] = []) throws -> ProcessResult {
    let result = try TestSupport.virsh(["-q", "-c", uri] + arguments, stdin: stdin)
    guard result.signal == SIGSEGV else { return result }
    let failed = result.stderrWithoutLibvirtLog.contains("error: ")
    return ProcessResult(
      arguments: result.arguments, status: failed ? 1 : 0, signal: nil, stdoutBytes: result.stdoutBytes,
      stderrBytes: result.stderrBytes)
  }

  /// Runs virsh on this guest's libvirt; see ``virsh(_:stdin:)``.
  /// - Throws: ``TestSupportError`` when it does not end in time.
  public func virsh(_ arguments: String...) throws -> ProcessResult {
    try virsh(arguments)
  }

  /// The process id of the guest's QEMU, or nil when none runs.
  public var qemuProcess: Int32? {
    undertaker.livingProcesses.first
  }

  private func define() throws {
    let files = FileManager.default
    for directory in ["etc", "disks"] {
      try files.createDirectory(atPath: "\(root)/\(directory)", withIntermediateDirectories: true)
    }
    try Self.qemuConfiguration.write(toFile: root + "/etc/qemu.conf", atomically: true, encoding: .utf8)
    try CapabilitiesCache.shared.lend(to: root)
    for disk in disks {
      try run([
        try require(tool: "qemu-img"), "create", "-q", "-f", disk.format, imagePath(disk),
        "\(disk.mebibytes)M",
      ]).check()
    }
    try domainXML.write(toFile: root + "/domain.xml", atomically: true, encoding: .utf8)
    try virsh("define", root + "/domain.xml").check()
    CapabilitiesCache.shared.learn(from: root)
  }

  private var diagnosis: String {
    let serial = (try? String(contentsOfFile: serialLog, encoding: .utf8)) ?? ""
    let qemu = (try? String(contentsOfFile: "\(root)/log/qemu/\(name).log", encoding: .utf8)) ?? ""
    func end(_ text: String) -> String {
      text.split(separator: "\n").suffix(8).joined(separator: "\n    ")
    }
    return
      "  the guest's serial line ends with:\n    \(end(serial))\n  QEMU's log ends with:\n    \(end(qemu))"
  }
}
