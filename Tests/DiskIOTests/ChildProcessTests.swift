import DiskIO
import Foundation
import SystemPackage
import Testing

@Suite("Programs run to their end")
struct ChildProcessTests {
  @Test("output, errors and status come back; arguments reach the program as they are")
  func caught() throws {
    let run = try ChildProcess.run(
      "sh", package: "dash", ["-c", #"printf %s "$1"; echo why not >&2; exit 3"#, "sh", "a b;$(c)'\n"])
    #expect(run.ending == .exited(3))
    #expect(run.standardOutput == Array("a b;$(c)'\n".utf8))
    #expect(run.reason(tool: "sh") == "why not")
  }

  @Test("a program killed by a signal is told from one that exits")
  func signalled() throws {
    let run = try ChildProcess.run("sh", package: "dash", ["-c", "kill -9 $$"])
    #expect(run.ending == .signalled(9))
    #expect(run.reason(tool: "sh") == "killed by signal 9")
  }

  @Test("an ending that nobody could wait for is no success")
  func unknown() {
    // Its parent is no child of this process, as a child is none that the kernel has reaped because SIGCHLD is ignored.
    let ending = ChildProcess.wait(for: getppid())
    #expect(ending == .unknown(.noChildProcess))
    #expect(ending.words == "how it ended is not known: \(Errno.noChildProcess)")
  }

  @Test("more output than is kept neither blocks the program nor fills the memory")
  func muchOutput() throws {
    let run = try ChildProcess.run(
      "sh", package: "dash", ["-c", "head -c 5000000 /dev/zero; head -c 3000000 /dev/zero >&2"])
    #expect(run.succeeded)
    #expect(run.standardOutput.count == ChildProcess.captureLimit)
    #expect(run.standardError.count == ChildProcess.captureLimit)
  }

  @Test("a program that is not installed is named with its package")
  func missing() {
    let error = #expect(throws: DiskIOError.self) {
      try ChildProcess.run("no-such-tool", package: "some-package", [])
    }
    #expect(error == .toolMissing(tool: "no-such-tool", package: "some-package"))
    #expect(
      error?.description == "the program no-such-tool was not found; install the package some-package")
  }
}
