import DiskIO
import Foundation
import TestSupport
import Testing

@Suite("What an overlay holds of its own")
struct ImageContentsTests {
  @Test(
    "data, zeros that hide what is below, and a snapshot inside; an empty one holds nothing, a larger one than what is below too",
    arguments: [
      ([], false), (["write -q -P 1 0 64k"], true), (["write -q -z 0 64k"], true),
      (["write -q -z -u 0 64k"], true), (["snapshot"], true),
    ] as [([String], Bool)])
  func holdsData(_ works: [String], _ expected: Bool) throws {
    let directory = try TemporaryDirectory()
    let image = try require(tool: "qemu-img")
    let (base, overlay) = (directory.file("base"), directory.file("a, b"))
    try run([image, "create", "-q", "-f", "qcow2", base, "1M"]).check()
    try run([try require(tool: "qemu-io"), "-f", "qcow2", "-c", "write -q -P 7 0 1M", base]).check()
    try run([image, "create", "-q", "-f", "qcow2", "-b", base, "-F", "qcow2", overlay, "2M"]).check()
    for work in works {
      let command =
        work == "snapshot"
        ? [image, "snapshot", "-c", "inside", overlay]
        : [try require(tool: "qemu-io"), "-f", "qcow2", "-c", work, overlay]
      try run(command).check()
    }
    let holdsData = try QemuImage.holdsData(path: overlay, format: .qcow2)
    #expect(holdsData == expected)
    // Images below are none of its business, and may be out of reach.
    try FileManager.default.removeItem(atPath: base)
    let holdsDataAlone = try QemuImage.holdsData(path: overlay, format: .qcow2)
    #expect(holdsDataAlone == expected)
  }

  @Test("of QED too, whose zeros hide what is below likewise; a raw image is all its own")
  func otherFormats() throws {
    let directory = try TemporaryDirectory()
    let image = try require(tool: "qemu-img")
    let (base, overlay) = (directory.file("base"), directory.file("overlay"))
    try run([image, "create", "-q", "-f", "raw", base, "1M"]).check()
    try run([image, "create", "-q", "-f", "qed", "-b", base, "-F", "raw", overlay]).check()
    let qed = try ImageFormat("qed")
    let isFilled = try QemuImage.holdsData(path: overlay, format: qed)
    #expect(!isFilled)
    try run([try require(tool: "qemu-io"), "-f", "qed", "-c", "write -q -z 0 64k", overlay]).check()
    let holdsZeros = try QemuImage.holdsData(path: overlay, format: qed)
    #expect(holdsZeros)
    let holdsRawData = try QemuImage.holdsData(path: base, format: .raw)
    #expect(holdsRawData)
  }

  @Test("an image that is none is told by its name")
  func damaged() throws {
    let directory = try TemporaryDirectory()
    let file = try directory.write(text: "no image", to: #"a "b\c"#)
    let error = #expect(throws: DiskIOError.self) {
      _ = try QemuImage.holdsData(path: file, format: .qcow2)
    }
    #expect(error?.description.contains(file) == true, "\(String(describing: error))")
  }
}
