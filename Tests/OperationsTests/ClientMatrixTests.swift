import Foundation
import TestSupport
import Testing

@testable import Operations

/// The clients that people have, each asking for what a server of a disk image would not mind.
@Suite("Programs that send disks into an archive")
struct ClientMatrixTests {
  private static let cluster = 65536

  /// Runs nbdsh on Debian's own Python, which has its module.
  private func nbdsh(_ script: String, _ uri: String) throws -> ProcessResult {
    try require(tool: "nbdsh")
    return try run([
      "env", "PATH=/usr/bin:/bin", "nbdsh", "-c", "h.set_strict_mode(0)", "-u", uri, "-c", script,
    ])
  }

  @Test("nbdsh: out of order, overlapping, 1 byte, nothing, too much, past the end, killed in the middle")
  func shell() throws {
    let size = 6 * Self.cluster + 512
    let reception = try ReceptionFixture(size)
    let disk = TestDisk.random(size: size)
    let file = reception.fixture.directory.file("source-a")
    try disk.write(to: file)
    let data = "d = open('\(file)', 'rb').read(); C = 65536\n"
    let refused = """
      def refused(what, *numbers):
        try: what()
        except nbd.Error as e: assert e.errnum in numbers, (e.errnum, e.string)
        else: raise AssertionError('not refused')
      import errno

      """
    try reception.run {
      let killed = try nbdsh(
        data + """
          import os, signal, struct
          h.pwrite(d[:C], 0)
          # Half of what the request says, so that there is a middle to be killed in.
          os.write(h.aio_get_fd(), struct.pack('>IHHQQI', 0x25609513, 0, 1, 99, C, 2 * C) + b'\\xdd' * C)
          os.kill(os.getpid(), signal.SIGKILL)
          """, reception.uri("a"))
      #expect(!killed.succeeded)
      let odd = try nbdsh(
        data + refused + """
          end = h.get_size()
          assert end == len(d)
          h.pwrite(d[-600:], end - 600)
          for i in (5, 3, 4): h.pwrite(d[i*C+100:i*C+C], i*C+100)
          for i in range(100): h.pwrite(d[3*C+i:3*C+i+1], 3*C+i)
          # Overlapping, while the cluster is not whole.
          h.pwrite(b'x' * 60, 4*C)
          h.pwrite(d[4*C+50:4*C+90], 4*C+50)
          h.pwrite(d[4*C:4*C+100], 4*C)
          h.pwrite(d[5*C:5*C+100], 5*C)
          h.pwrite(b'', 17)
          refused(lambda: h.pwrite(b'12', end - 1), errno.ENOSPC)
          refused(lambda: h.zero(C, end), errno.ENOSPC)
          refused(lambda: h.pread(2, end - 1), errno.EINVAL)
          refused(lambda: h.pwrite(bytes(33 << 20), 0), errno.EINVAL, errno.ERANGE)
          h.flush()
          """, reception.uri("a"))
      #expect(odd.succeeded, "\(odd.stderr)")
      let rest = try nbdsh(
        data + """
          # Two requests under way at once, out of order.
          b = [nbd.Buffer.from_bytearray(bytearray(d[i*C:i*C+C])) for i in (2, 1)]
          c = [h.aio_pwrite(b[0], 2*C), h.aio_pwrite(b[1], C)]
          for x in c:
            while not h.aio_command_completed(x): h.poll(-1)
          """, reception.uri("a"))
      #expect(rest.succeeded, "\(rest.stderr)")
    }
    let isSame = try reception.contents("a").prefix(size) == disk.bytes[...]
    #expect(isSame)
  }

  @Test("qemu-io: the same, with its own notion of what is odd")
  func qemuIO() throws {
    let size = 4 * Self.cluster
    let reception = try ReceptionFixture(size)
    try reception.run {
      let result = try run([
        try require(tool: "qemu-io"), "-f", "raw", "-c", "write -P 4 196608 65536", "-c",
        "write -P 2 65600 65400",
        "-c", "write -P 9 65537 100", "-c", "write -P 2 65537 100", "-c", "write -P 2 65536 1",
        "-c", "write -P 7 131000 0", "-c", "write -P 2 131000 72", "-c", "aio_write -P 3 163840 32768",
        "-c", "aio_write -P 3 131072 32768", "-c", "aio_flush", "-c", "write -P 1 1 65535",
        "-c", "write -P 1 0 1", "-c", "write -P 1 262143 2", "-c", "flush", reception.uri("a"),
      ])
      // Its own check of the last request, which reaches beyond the end.
      #expect(result.stdout.contains("write failed") || result.stderr.contains("write failed"))
    }
    let contents = try reception.contents("a")
    let expected = (1...4).flatMap { [UInt8](repeating: UInt8($0), count: Self.cluster) }
    let isSame = contents == expected
    #expect(isSame)
  }

  @Test("nbdcopy, qemu-img and nbdsh at the same time, each into its export, and nbdinfo lists all three")
  func together() throws {
    let sizes = [5 << 20, (3 << 20) + 512, 2 << 20]
    let reception = try ReceptionFixture(sizes[0], sizes[1], sizes[2])
    var disks = sizes.enumerated().map { TestDisk.random(size: $1, seed: UInt64($0) + 1) }
    disks[1] = TestDisk(size: sizes[1])
    disks[1].fill(700_000..<1_900_000, seed: 7)
    for (disk, name) in zip(disks, ["a", "b", "c"]) {
      try disk.write(to: reception.fixture.directory.file("source-\(name)"))
    }
    try reception.run {
      let list = try run([try require(tool: "nbdinfo"), "--list", reception.uri("")]).check().stdout
      for (name, size) in zip(["a", "b", "c"], sizes) {
        #expect(list.contains("export=\"\(name)\":"))
        #expect(list.contains("export-size: \(size)"))
      }
      let directory = reception.fixture.directory.path
      let script = """
        cd "$1"
        nbdcopy source-a "$2" & first=$!
        qemu-img convert -n -f raw -O raw source-b "$3" & second=$!
        env PATH=/usr/bin:/bin nbdsh -u "$4" -c '
        d = open("source-c", "rb").read()
        for i in sorted(range(0, len(d), 50000), key=lambda i: i * 7919 % 1000003): h.pwrite(d[i:i+50000], i)
        ' & third=$!
        wait $first && wait $second && wait $third
        """
      try run(
        ["bash", "-c", script, "bash", directory, reception.uri("a"), reception.uri("b"), reception.uri("c")]
      ).check()
    }
    for (disk, name) in zip(disks, ["a", "b", "c"]) {
      let isSame = try reception.contents(name) == disk.bytes
      #expect(isSame, "\(name)")
    }
  }

  @Test("a copy that was killed cannot be begun anew: an archive takes nothing twice, and says so")
  func killedCopy() throws {
    let size = 4 << 20
    let reception = try ReceptionFixture(size)
    let disk = TestDisk.random(size: size)
    try disk.write(to: reception.fixture.directory.file("source-a"))
    let outcome = Result {
      try reception.run {
        let slow = """
          import os, signal
          d = open('\(reception.fixture.directory.file("source-a"))', 'rb').read()
          h.pwrite(d[:1 << 20], 0)
          os.kill(os.getpid(), signal.SIGKILL)
          """
        #expect(try !nbdsh(slow, reception.uri("a")).succeeded)
        let again = try run(["nbdcopy", reception.fixture.directory.file("source-a"), reception.uri("a")])
        #expect(!again.succeeded)
      }
    }
    let error = #expect(throws: ArchiveReceptionError.self) { try outcome.get() }
    #expect("\(error ?? .noMemory)".contains("was written again at byte"))
    #expect(reception.leftNothing)
  }
}
