import Foundation
import TestSupport
import Testing

/// A guest with a second storage and a state directory of its own, as the tests of mirrored snapshots need it.
struct MirroredGuest {
  let guest: EmbeddedGuest
  /// The second storage.
  let second: String
  private let state: String

  init(_ guest: EmbeddedGuest) throws {
    self.guest = guest
    second = guest.root + "/second"
    state = guest.root + "/state"
    try FileManager.default.createDirectory(atPath: second, withIntermediateDirectories: true)
  }

  func run(_ arguments: [String], fault: String? = nil) throws -> ProcessResult {
    try snapsh(
      ["-c", guest.uri] + arguments, environment: ["XDG_STATE_HOME": state, "SNAPSH_FAULT": fault])
  }

  func run(_ arguments: String...) throws -> ProcessResult { try run(arguments) }

  /// Takes a snapshot of all disks that mirrors some of them.
  func create(_ name: String, mirroring targets: [String], fault: String? = nil) throws -> ProcessResult {
    try run(creation(name, mirroring: targets), fault: fault)
  }

  /// The command of ``create(_:mirroring:fault:)``.
  func creation(_ name: String, mirroring targets: [String]) -> [String] {
    ["snapshot-create-as", guest.name, name]
      + targets.flatMap { ["--diskspec", "\($0),mirror=\(mirror($0, name))"] }
  }

  func mirror(_ target: String, _ snapshot: String) -> String { "\(second)/\(target).mirror-\(snapshot)" }

  func overlay(_ target: String, _ snapshot: String) -> String { "\(guest.root)/disks/\(target).\(snapshot)" }

  /// What the running (or else the persistent) definition names, by target.
  func sources(inactive: Bool = false) throws -> [String: String] {
    Self.sources(
      inTable: try guest.virsh(["domblklist", guest.name] + (inactive ? ["--inactive"] : [])).check().stdout)
  }

  private static func sources(inTable table: String) -> [String: String] {
    let rows = table.split(separator: "\n").map { $0.split(separator: " ") }.filter { $0.count == 2 }
    return Dictionary(uniqueKeysWithValues: rows.map { (String($0[0]), String($0[1])) })
  }

  /// Runs snapsh until its fault stops it, does something meanwhile, and lets it go on to its end.
  ///
  /// Nobody else can ask the guest's libvirt then: it is inside the stopped process.
  /// - Returns: its exit status, and what it wrote.
  @discardableResult
  func stopped(
    _ arguments: [String], at moment: String, doing work: (Int32) throws -> Void
  ) throws -> (status: Int32, output: String, error: String) {
    let program = try RunningProgram(
      ["env", "XDG_STATE_HOME=\(state)", "SNAPSH_FAULT=\(moment):stop", snapshBinary, "-c", guest.uri]
        + arguments, outputIn: guest.root, name: "stopped")
    try program.waitUntilStopped()
    try work(program.processID)
    kill(program.processID, SIGCONT)
    return (try program.waitForEnd(), program.output, program.error)
  }

  /// Gives the guest, which is to be started after this, a second monitor.
  ///
  /// - Returns: its socket.
  func addMonitor() throws -> String {
    let socket = guest.root + "/second.qmp"
    let xml = guest.domainXML
      .replacingOccurrences(
        of: "<domain type='qemu'>",
        with: "<domain type='qemu' xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>"
      )
      .replacingOccurrences(
        of: "</domain>",
        with: "<qemu:commandline><qemu:arg value='-qmp'/>"
          + "<qemu:arg value='unix:\(socket),server=on,wait=off'/></qemu:commandline></domain>")
    let file = guest.root + "/monitored.xml"
    // Without the identity that the first definition was given it would be another domain.
    try guest.virsh("undefine", guest.name).check()
    try xml.write(toFile: file, atomically: true, encoding: .utf8)
    try guest.virsh("define", file).check()
    return socket
  }

  /// Ends all jobs behind libvirt's back, as a storage that fails would.
  func cancelJobs(at monitor: String) throws {
    let client = try QMPClient(socket: monitor)
    let jobs = try #require(try client.execute("query-block-jobs") as? [[String: Any]])
    #expect(!jobs.isEmpty)
    for job in jobs { try client.execute("block-job-cancel", ["device": job["device"] ?? ""]) }
    // They stay, concluded, until libvirt has taken notice.
    try client.wait(for: "query-block-jobs") { answer in
      (answer as? [[String: Any]] ?? []).allSatisfy { $0["status"] as? String == "concluded" }
    }
  }

  /// Overlay and mirror of each disk hold the same while the guest stands still.
  func expectSidesEqual(of snapshot: String, _ targets: [String]) throws {
    var differing = targets
    // What the guest wrote last may still be on its way when it is suspended, and QEMU has flushed by then.
    for _ in 0..<20 where !differing.isEmpty {
      try guest.virsh("suspend", guest.name).check()
      differing = try targets.filter { target in
        try !TestSupport.run(
          ["qemu-img", "compare", "-q", "-U", "--image-opts"]
            + [overlay(target, snapshot), mirror(target, snapshot)].map(Self.unlocked)
        ).succeeded
      }
      try guest.virsh("resume", guest.name).check()
    }
    #expect(differing.isEmpty, "\(snapshot)")
    // Neither side is empty, or it would prove nothing.
    for target in targets {
      let map = try TestSupport.run([
        "qemu-img", "map", "-U", "--output=json", "--image-opts", Self.unlocked(mirror(target, snapshot)),
      ]).check().stdout
      #expect(map.contains("\"depth\": 0, \"present\": true, \"zero\": false"), "\(map)")
    }
  }

  /// An image as QEMU reads it without its locks: it lets nobody read the target of a job.
  private static func unlocked(_ path: String) -> String {
    "driver=qcow2,file.driver=file,file.locking=off,file.filename=\(path)"
  }

  /// Every file on either storage, and every journal.
  func files() -> Set<String> {
    let manager = FileManager.default
    let roots = [guest.root + "/disks", second, state + "/snapsh/journals"]
    return Set(
      roots.flatMap { root in
        ((try? manager.contentsOfDirectory(atPath: root)) ?? []).map { "\(root)/\($0)" }
      })
  }

  var firstImages: [String: String] {
    Dictionary(uniqueKeysWithValues: guest.disks.map { ($0.target, guest.imagePath($0)) })
  }

  /// Nothing of ours is left: the guest is on the images it began with, and only they are there.
  func expectUntouched(_ what: String) throws {
    // One process for all questions: each has to find the guest anew.
    let name = guest.name
    let questions = ["domblklist", "domblklist --inactive", "snapshot-list --name", "dumpxml"].map {
      let words = $0.split(separator: " ", maxSplits: 1)
      return "\(words[0]) \(name) \(words.count > 1 ? String(words[1]) : "")"
    }
    let answers = try guest.virsh([questions.joined(separator: "; echo ===; ")]).check().stdout
      .components(separatedBy: "===")
    try #require(answers.count == 4, "\(what): \(answers)")
    #expect(Self.sources(inTable: answers[0]) == firstImages, "\(what)")
    #expect(Self.sources(inTable: answers[1]) == firstImages, "\(what)")
    #expect(answers[2].filter { !$0.isNewline } == "", "\(what)")
    #expect(!answers[3].contains("<mirror"), "\(what)")
    #expect(!answers[3].contains("mirrored-snapshots"), "\(what)")
    #expect(files() == Set(firstImages.values), "\(what)")
  }

  /// Ends the guest and compares every tick of its serial log with the images.
  func expectAllTicks(
    in images: [String: String], of targets: Set<String>? = nil, format: String? = nil
  ) throws {
    if guest.qemuProcess != nil { _ = try guest.virsh("destroy", guest.name) }
    let announced = guest.ticks
    #expect(announced == Array(1...announced.count))
    #expect(guest.boots == 1)
    for disk in guest.disks where targets?.contains(disk.target) ?? true {
      let records = try guest.records(of: disk.target, image: images[disk.target], format: format)
      #expect(records.missing(upTo: announced.count) == [], "\(disk.target)")
      #expect(records.damaged == [], "\(disk.target)")
    }
  }
}
