import Foundation
import TestSupport

/// A monitor that says what a test wants it to, in Python: each line that comes is answered by the next answer.
final class ScriptedMonitor {
  /// Where it listens.
  let path: String
  private let program: RunningProgram
  private let directory: TemporaryDirectory

  /// Greets with `greeting`, then gives one answer for each line that it is sent. `ID` in an answer becomes the
  /// command's; an empty answer closes the connection, and so does one behind `HALF`.
  init(greeting: String = #"{"QMP": {"version": {}}}"#, answers: [String]) throws {
    directory = try TemporaryDirectory()
    path = directory.file("qmp")
    let script = """
      import json, socket, sys
      s = socket.socket(socket.AF_UNIX)
      s.bind(sys.argv[1])
      s.listen()
      print('Ready', flush=True)
      c, _ = s.accept()
      f = c.makefile('rw')
      f.write(sys.argv[2]); f.flush()
      for answer in sys.argv[3:]:
        line = f.readline()
        if not line or not answer: break
        print(line, end='', flush=True)
        f.write(answer.removeprefix('HALF').replace('ID', str(json.loads(line)['id']))); f.flush()
        if answer.startswith('HALF'): break
      else:
        f.readline()
      """
    program = try RunningProgram(
      ["python3", "-c", script, path, greeting.isEmpty ? "" : greeting + "\r\n"] + answers,
      outputIn: directory.path, name: "monitor")
    try program.waitForOutput("Ready\n")
  }

  /// The lines that were sent to it.
  var received: [String] { program.output.split(separator: "\n").dropFirst().map(String.init) }
}
