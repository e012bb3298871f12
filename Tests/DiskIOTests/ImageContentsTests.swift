import DiskIO
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
  }
}
