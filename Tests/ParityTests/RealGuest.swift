import Foundation
import TestSupport

/// A guest without an operating system under a libvirt root of its own: it starts in a moment, and its disks are real.
///
/// One side's commands all run in one process, because the embedded driver loses jobs that outlive it.
struct RealGuest {
  /// The domain's name.
  static let name = "bare"

  private let fixture: EmbeddedGuest

  private let extras: Set<Extra>

  /// What only some tests need.
  enum Extra {
    /// A monitor of QEMU's beside libvirt's, at `qmp.sock`.
    case monitor
    /// `vdc`, whose 16 MiB are read at 4 MiB/s from an NBD server: a backup of it takes its time.
    case slowDisk
    /// Saves run through a `gzip` that takes its time, where it is found in ``slowPath``.
    case slowSaves
  }

  /// Hands a running guest to `body`: `vda` is qcow2 with 48 MiB of data in 64, `vdb` raw, `hdc` an empty drive.
  static func with<Value>(_ extras: Set<Extra> = [], _ body: (RealGuest) throws -> Value) throws -> Value {
    try EmbeddedGuest.with(disks: [.init("vda"), .init("vdb", format: "raw", mebibytes: 32)]) { fixture in
      let guest = RealGuest(fixture: fixture, extras: extras)
      let server = try extras.contains(.slowDisk) ? guest.serveSlowDisk() : nil
      defer { server?.end() }
      if extras.contains(.slowSaves) { try guest.makeSavesSlow() }
      try TestSupport.run([
        try require(tool: "qemu-io"), "-c", "write -q -P 5 0 48M", "\(fixture.root)/disks/vda.qcow2",
      ]).check()
      let definition = try guest.file("bare.xml", holding: guest.domainXML)
      try fixture.virsh("define \(definition); start \(name)").check()
      return try body(guest)
    }
  }

  /// Writes a file for a command, and returns its path.
  func file(_ name: String, holding text: String) throws -> String {
    let path = "\(fixture.root)/\(name)"
    try Data(text.utf8).write(to: URL(fileURLWithPath: path))
    return path
  }

  /// A path below the guest's own directory.
  func path(_ name: String) -> String { "\(fixture.root)/\(name)" }

  /// The URI under which the guest is found.
  var uri: String { fixture.uri }

  /// Runs command lines in one process; `@root` in them is the guest's own directory.
  func run(
    _ program: Program, _ lines: [String], editor: String = "true", timeout: Double = 120
  ) throws -> Transcript {
    let batch = lines.joined(separator: "\n").replacingOccurrences(of: "@root", with: fixture.root)
    let environment = [
      "TZ": "XYZ-05:45", "LC_ALL": "C.UTF-8", "LIBVIRT_LOG_OUTPUTS": "4:file:/dev/null", "VISUAL": editor,
    ]
    let result =
      switch program {
      case .virsh: try TestSupport.virsh(["-c", uri, batch], environment: environment, timeout: timeout)
      case .snapsh:
        try TestSupport.snapsh(["--keep-going", "-c", uri, batch], environment: environment, timeout: 120)
      }
    return Transcript(
      output: masked(result.stdout), error: masked(result.stderr), status: result.status)
  }

  /// The two sides.
  enum Program {
    case virsh
    case snapsh
  }

  /// What a side has printed.
  struct Transcript: Equatable {
    let output: String
    let error: String
    let status: Int32?
  }

  /// Hides the directory, the times, and how often progress was shown.
  private func masked(_ text: String) -> String {
    text.replacingOccurrences(of: fixture.root, with: "@root")
      // How many blocks the 48 MiB take is up to the file system, which may need one more for a file in pieces.
      .replacing(/\b50[56]\d{5}\b/, with: "<48 MiB>").replacing(/\b48\.[23]\d\d MiB/, with: "<48 MiB>")
      // The other domain's is libvirt's choice.
      .replacing(/(?!22222222)[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/, with: "<uuid>")
      .replacing(/CPU time: +[\d.]+s/, with: "CPU time: <seconds>")
      // Whether the firmware has already looked at the disk.
      .replacing(/(rd_req|rd_bytes|number of read operations:|number of bytes read:)( +)[01]\b/) {
        "\($0.output.1)\($0.output.2)<reads>"
      }
      .replacing(/(rd_bytes|number of bytes read:)( +)512\b/) { "\($0.output.1)\($0.output.2)<reads>" }
      // QEMU tells a bandwidth only where the save took long enough for one to be measured.
      .replacing(/Memory bandwidth: .*\n/, with: "")
      .replacing(/20\d\d-\d\d-\d\d \d\d:\d\d:\d\d [+-]\d{4}/, with: "<time>")
      .replacing(/\b1[7-9]\d{8}\b/, with: "<seconds>")
      .replacing(/(\r[A-Za-z ]+): \[[ \d]+%\](\r[A-Za-z ]+: \[[ \d]+%\])*/) { "\($0.output.1): <percent>" }
      .replacing(/time_elapsed: \d+/, with: "time_elapsed: <ms>")
      .replacing(/(_total_times|duration of [a-z]+ \(ns\):) +\d+/) { "\($0.output.1) <ns>" }
      .replacing(/((?:Time|Setup|Total|Memory|Data|Normal|Constant|Dirty)[a-z \/]*:) +[\d.]+ +/) {
        "\($0.output.1) <number> "
      }
  }

  private var domainXML: String {
    get throws {
      """
      <domain type='qemu' xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>
        <name>\(Self.name)</name>
        <uuid>22222222-bbbb-4bbb-8bbb-000000000001</uuid>
        <memory unit='MiB'>64</memory>
        <vcpu>1</vcpu>
        <os><type arch='x86_64' machine='pc'>hvm</type></os>
        <devices>
          <emulator>\(try require(tool: "qemu-system-x86_64"))</emulator>
          <disk type='file' device='disk'>
            <driver name='qemu' type='qcow2'/>
            <source file='\(fixture.root)/disks/vda.qcow2'/>
            <target dev='vda' bus='virtio'/>
          </disk>
          <disk type='file' device='disk'>
            <driver name='qemu' type='raw'/>
            <source file='\(fixture.root)/disks/vdb.raw'/>
            <target dev='vdb' bus='virtio'/>
          </disk>
          <disk type='file' device='cdrom'><target dev='hdc' bus='ide'/></disk>
      \(extras.contains(.slowDisk) ? slowDiskXML : "")\
          <controller type='usb' model='none'/>
          <memballoon model='none'/>
        </devices>
      \(extras.contains(.monitor) ? monitorXML : "")\
      </domain>

      """
    }
  }
}
