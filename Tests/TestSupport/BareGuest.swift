import Foundation

/// The test guest under a QEMU of its own, without libvirt: two raw disks, driven over QMP.
public final class BareGuest {
  private let program: RunningProgram
  /// The monitor.
  public let monitor: QMPClient
  /// The path of a second monitor, for the program under test: each serves one client.
  public let freeMonitor: String
  private let serialLog: String

  /// Starts QEMU under software emulation.
  /// - Parameters:
  ///   - disks: raw images; the first is `disk0`, a node of that name, and the guest's vda.
  ///   - directory: takes the sockets and logs.
  ///   - name: what their names begin with.
  ///   - incoming: a file with a migration stream to go on from.
  /// - Throws: ``TestSupportError``.
  public init(disks: [String], in directory: String, name: String, incoming: String? = nil) throws {
    let image = try GuestImage.shared()
    serialLog = "\(directory)/\(name).serial"
    let socket = "\(directory)/\(name).qmp"
    freeMonitor = "\(directory)/\(name)-free.qmp"
    var arguments = [
      try require(tool: "qemu-system-x86_64"), "-machine", "pc,accel=tcg", "-m", "128", "-nodefaults",
      "-no-user-config", "-display", "none", "-kernel", image.kernel, "-initrd", image.initramfs, "-append",
      "console=ttyS0 quiet no_timer_check", "-serial", "file:\(serialLog)", "-qmp",
      "unix:\(socket),server=on,wait=off", "-qmp", "unix:\(freeMonitor),server=on,wait=off", "-name", name,
    ]
    for (index, path) in disks.enumerated() {
      arguments += [
        "-blockdev", "driver=raw,node-name=disk\(index),file.driver=file,file.filename=\(path)", "-device",
        "virtio-blk-pci,drive=disk\(index)",
      ]
    }
    if let incoming { arguments += ["-incoming", "exec:cat \(incoming)"] }
    program = try RunningProgram(arguments, outputIn: directory, name: name)
    monitor = try QMPClient(socket: socket)
  }

  /// The ticks that the guest has announced since this QEMU was started.
  public var ticks: [Int] {
    guard let data = FileManager.default.contents(atPath: serialLog) else { return [] }
    let text = String(decoding: data, as: UTF8.self)
    guard let end = text.lastIndex(where: \.isNewline) else { return [] }
    return text[..<end].split(whereSeparator: \.isNewline).compactMap { line in
      line.hasPrefix("tick ") ? Int(line.dropFirst("tick ".count)) : nil
    }
  }

  /// Waits until the guest has announced so many ticks since this QEMU was started.
  /// - Throws: ``TestSupportError`` after three minutes without.
  public func waitForTicks(_ count: Int) throws {
    let deadline = Date(timeIntervalSinceNow: 180)
    while ticks.count < count {
      guard Date() < deadline else {
        throw TestSupportError(
          "the guest announced \(ticks.count) of \(count) ticks\n  QEMU: \(program.error)")
      }
      usleep(20_000)
    }
  }

  /// Sends the guest's memory to an address and returns when all has gone; the guest is stopped then.
  /// - Throws: ``TestSupportError`` when the migration fails.
  public func migrate(to address: String) throws {
    try monitor.execute("migrate", ["uri": address])
    try monitor.wait(for: "query-migrate") { answer in
      let status = (answer as? [String: Any])?["status"] as? String
      guard status != "failed" else { throw TestSupportError("the migration has failed: \(answer)") }
      return status == "completed"
    }
    // Since QEMU 10.0 no backup begins on disks that a migration has left to its other end.
    let commands = try monitor.execute("query-commands") as? [[String: Any]] ?? []
    if commands.contains(where: { $0["name"] as? String == "blockdev-set-active" }) {
      try monitor.execute("blockdev-set-active", ["active": true])
    }
  }

  /// Starts backups of all disks into NBD exports in one transaction.
  /// - Parameter targets: the server's address and the export for each disk, in order.
  /// - Throws: ``TestSupportError``.
  public func startBackup(to targets: [(server: [String: Any], export: String)]) throws {
    var actions: [[String: Any]] = []
    for (index, target) in targets.enumerated() {
      try monitor.execute(
        "blockdev-add",
        ["driver": "nbd", "node-name": "target\(index)", "server": target.server, "export": target.export])
      let backup: [String: Any] = [
        "device": "disk\(index)", "target": "target\(index)", "sync": "full", "job-id": "backup\(index)",
      ]
      actions.append(["type": "blockdev-backup", "data": backup])
    }
    try monitor.execute("transaction", ["actions": actions])
  }

  /// Waits for the backups and lets go of their targets.
  /// - Throws: ``TestSupportError``.
  public func finishBackup(of count: Int) throws {
    try monitor.wait(for: "query-jobs") { ($0 as? [Any])?.isEmpty == true }
    for index in 0..<count { try monitor.execute("blockdev-del", ["node-name": "target\(index)"]) }
  }

  /// QEMU's process.
  public var process: Int32 { program.processID }

  /// Ends QEMU; the disks hold then all that the guest wrote.
  /// - Throws: ``TestSupportError``.
  public func quit() throws {
    try monitor.execute("quit")
    _ = try program.waitForEnd()
  }
}
