import Operations
import Testing

@Suite("Lines of a device map")
struct DeviceMapTests {
  @Test("a target has a path, whether it is zero already, and perhaps a format")
  func targets() throws {
    #expect(
      try DeviceMapEntry.parse("0:drive-scsi0=/dev/vg/lv")
        == .target(device: "drive-scsi0", path: "/dev/vg/lv", format: nil, isKnownZero: true))
    #expect(
      try DeviceMapEntry.parse("format=qcow2:1:drive-scsi0=/a=b:c.qcow2")
        == .target(device: "drive-scsi0", path: "/a=b:c.qcow2", format: "qcow2", isKnownZero: false))
    #expect(
      try DeviceMapEntry.parse("cache=none:throttling.bps=1000:format=raw:throttling.group=g:0:d=/x")
        == .target(device: "d", path: "/x", format: "raw", isKnownZero: true))
  }

  @Test("a device can be skipped, and the map ends with done or an empty line")
  func skipAndEnd() throws {
    #expect(try DeviceMapEntry.parse("skip=drive-scsi0") == .skip(device: "drive-scsi0"))
    #expect(try DeviceMapEntry.parse("done") == nil)
    #expect(try DeviceMapEntry.parse("") == nil)
  }

  @Test(
    "a wrong line is refused in the words of Proxmox's tool",
    arguments: [
      ("nonsense", "parse error ('nonsense')"), ("2:d=/x", "parse error ('2:d=/x')"),
      ("0:d=", "parse error ('0:d=')"), ("skip=", "option 'skip' has no value"),
      ("format=:0:d=/x", "option 'format' has no value"), ("format=raw", "option 'format' has no value"),
      ("0:/x", "no dev name specified"), ("1:=/x", "no dev name specified"),
      ("throttling.bps=many:0:d=/x", "not a number: many"),
      ("format=raw:format=raw:0:d=/x", "duplicate value for option 'format'"),
    ])
  func wrong(line: String, reason: String) {
    let error = #expect(throws: ArchiveOperationError.self) { try DeviceMapEntry.parse(line) }
    #expect(error?.description == "read map failed - " + reason)
  }
}
