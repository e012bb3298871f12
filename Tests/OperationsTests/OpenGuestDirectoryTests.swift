import DiskIO
import Foundation
import Operations
import TestSupport
import Testing
import VMA

@Suite("A guest as plain files in a directory")
struct OpenGuestDirectoryTests {
  let fixture: ArchiveFixture
  private let disk = TestDisk.random(size: 300_032)
  private let memory = TestDisk.random(size: 70_001, seed: 9)

  init() throws { fixture = try ArchiveFixture() }

  private var directory: String { fixture.directory.file("out") }

  /// Extracts an archive of a disk and a memory stream.
  private func extract(format: ImageFormat) throws {
    let stream = try fixture.directory.write(memory.bytes, to: "source-memory")
    let path = try fixture.create([
      fixture.device("drive-vda", disk), ArchiveContents.Device(memory: try RawImage(path: stream)),
    ])
    _ = try fixture.extract(path, format: format)
  }

  private func open() throws -> OpenGuestDirectory {
    try OpenGuestDirectory(path: directory, cancellation: fixture.cancellation)
  }

  @Test("what 'vma extract' made is read again, byte for byte", arguments: [ImageFormat.raw, .qcow2])
  func extracted(format: ImageFormat) throws {
    try extract(format: format)
    let opened = try open()
    #expect(opened.header.devices.map(\.name) == ["drive-vda", "vmstate"])
    var found: [String: [UInt8]] = [
      "drive-vda": Array(repeating: 0, count: disk.bytes.count), "vmstate": [],
    ]
    let report = try opened.readAll(progress: nil) { run in
      guard case .data(let bytes) = run.content else { return }
      if run.device.isVMState {
        found["vmstate", default: []] += Array(bytes)
      } else {
        let start = Int(run.offset)
        found[run.device.name]?.replaceSubrange(start..<start + bytes.count, with: bytes)
      }
    }
    #expect(report == nil)
    #expect(found["drive-vda"] == disk.bytes)
    #expect(found["vmstate"] == memory.bytes)
  }

  @Test("a file that is missing is named", arguments: ["snapsh.json", "vmstate.bin", "disk-drive-vda.raw"])
  func missing(name: String) throws {
    try extract(format: .raw)
    try FileManager.default.removeItem(atPath: "\(directory)/\(name)")
    let error = #expect(throws: ArchiveOperationError.self) { try open() }
    let expected = name == "disk-drive-vda.raw" ? "disk-drive-vda.qcow2" : name
    #expect(error == .directoryIncomplete(path: directory, missing: expected))
  }

  @Test("a file that was not copied whole is refused", arguments: ["vmstate.bin", "disk-drive-vda.raw"])
  func short(name: String) throws {
    try extract(format: .raw)
    truncate("\(directory)/\(name)", 4096)
    let error = #expect(throws: ArchiveOperationError.self) { try open() }
    guard case .directorySize("\(directory)/\(name)", have: 4096, _) = error else {
      Issue.record("unexpected: \(String(describing: error))")
      return
    }
  }

  @Test("an image that refers to another file, as backing file or as data, is refused")
  func references() throws {
    try extract(format: .qcow2)
    let image = directory + "/disk-drive-vda.qcow2"
    let qemu = try require(tool: "qemu-img")
    for options in ["backing_file=/etc/passwd,backing_fmt=raw", "data_file=\(directory)/data.raw"] {
      try FileManager.default.removeItem(atPath: image)
      try run([qemu, "create", "-q", "-f", "qcow2", "-o", options, image, "300032"]).check()
      #expect(throws: ArchiveOperationError.imageRefersToFile(path: image)) { try open() }
    }
    try Data(repeating: 7, count: 300_032).write(to: URL(fileURLWithPath: image))
    #expect(throws: ArchiveOperationError.imageNotQcow2(path: image)) { try open() }
  }

  @Test("a device name with a path in it leads nowhere")
  func pathInName() throws {
    try extract(format: .raw)
    let text = #"{"disks":[{"device":"/../../source-drive-vda","size":300032}],"version":1}"#
    try Data(text.utf8).write(to: URL(fileURLWithPath: directory + "/snapsh.json"))
    let error = #expect(throws: ArchiveOperationError.self) { try open() }
    guard case .directoryIncomplete = error else {
      Issue.record("unexpected: \(String(describing: error))")
      return
    }
  }
}
