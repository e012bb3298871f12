import Foundation
import TestSupport
import Testing

@Suite("The demo, as a newcomer runs it")
struct DemoTests {
  private let script = packageDirectory + "/scripts/demo"

  init() throws {
    _ = try GuestImage.shared()
  }

  /// The directory that the demo says it works in.
  private func root(in output: String) throws -> String {
    let match = try #require(output.firstMatch(of: #/Everything happens in (/tmp/snapsh-demo\.\w+),/#))
    return String(match.1)
  }

  @Test("it runs to its end and leaves nothing behind")
  func wholeStory() throws {
    let result = try run([script], environment: ["SNAPSH": snapshBinary], timeout: 900)
    #expect(result.succeeded, "\(result)")
    #expect(result.stderr == "")
    #expect(result.stdout.contains(" before-upgrade "))
    #expect(result.stdout.contains("as if nothing had happened."))
    #expect(result.stdout.contains("drive-vdb: every byte as on the guest's disk"))
    #expect(result.stdout.contains("== Done"))
    #expect(!FileManager.default.fileExists(atPath: try root(in: result.stdout)))
  }

  @Test("interrupted while the guest runs, it leaves neither guest nor files")
  func interrupted() throws {
    let result = try run(
      ["timeout", "--preserve-status", "--signal=INT", "6", script], environment: ["SNAPSH": snapshBinary],
      timeout: 900)
    #expect(result.status == 130, "\(result)")
    let root = try root(in: result.stdout)
    #expect(!FileManager.default.fileExists(atPath: root))
    #expect(processes(naming: root + "/") == [])
  }

  @Test("without a binary, or with one that fails, it stops with a sentence")
  func nothingToShow() throws {
    let missing = try run([script], environment: ["SNAPSH": "/nonexistent/snapsh"])
    #expect(missing.status == 1)
    #expect(missing.stderr.contains("there is no /nonexistent/snapsh: run 'make build' first"))
    let failing = try run([script], environment: ["SNAPSH": "/bin/false"])
    #expect(failing.status == 1)
    #expect(failing.stderr.contains("demo: 'snapsh define demo.xml' failed (exit status 1)"))
    #expect(!FileManager.default.fileExists(atPath: try root(in: failing.stdout)))
  }
}
