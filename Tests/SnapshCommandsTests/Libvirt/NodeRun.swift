import TestSupport

@testable import SnapshCommands

/// A run of the tool in this process on the test node that the parity tests use too; each run has its own copy.
struct NodeRun {
  let status: Int32
  let output: String
  let error: String

  init(_ arguments: String...) {
    let output = MemorySink()
    let error = MemorySink()
    // Nothing is kept there: libvirt's test driver takes no operation that has a journal.
    status = Tool.run(
      ["-c", "test://" + testdata("parity/node.xml")] + arguments,
      environment: ["XDG_STATE_HOME": "/nonexistent"],
      console: Console(output: output, error: error))
    self.output = output.text
    self.error = error.text
  }
}
