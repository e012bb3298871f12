import Testing

@testable import SnapshCommands

@Suite("Progress of long work: figures, and when they are shown")
struct JobProgressTests {
  @Test("a line has percents, bytes, rate and time left")
  func line() {
    let figures = JobFigures(
      label: "Save", total: 256 << 20, remaining: 192 << 20, elapsedMilliseconds: 4000)
    #expect(figures.text == "Save: 25 %, 64.0 MiB of 256.0 MiB, 16.0 MiB/s, 12 s left")
  }

  @Test("minutes are told as such, and at the very start there is neither rate nor time left")
  func extremes() {
    let slow = JobFigures(label: "Save", total: 4 << 30, remaining: 3 << 30, elapsedMilliseconds: 60_000)
    #expect(slow.text == "Save: 25 %, 1.0 GiB of 4.0 GiB, 17.0 MiB/s, 3 min 0 s left")
    let start = JobFigures(label: "Save", total: 1000, remaining: 1000, elapsedMilliseconds: 0)
    #expect(start.text == "Save: 0 %, 0 B of 1000 B")
    let nonsense = JobFigures(label: "Save", total: 10, remaining: 20, elapsedMilliseconds: 1)
    #expect(nonsense.completedBytes == 0)
  }

  @Test("--progress takes four words, --wait-for-job none")
  func options() throws {
    let parsed = try GlobalOptions.parse(["--progress", "plain", "--wait-for-job", "list"], environment: [:])
    #expect(parsed.options.progress == .plain)
    #expect(parsed.options.waitsForJob)
    #expect(Array(parsed.rest) == ["list"])
    #expect(try GlobalOptions.parse(["--progress=json"], environment: [:]).options.progress == .json)
    #expect(throws: (any Error).self) { try GlobalOptions.parse(["--progress=x"], environment: [:]) }
    #expect(throws: (any Error).self) { try GlobalOptions.parse(["--progress"], environment: [:]) }
  }
}
