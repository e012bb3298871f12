import Foundation

/// Sees to it that no QEMU and no directory of a guest outlives the test, not even when the test process crashes.
///
/// A guest of the embedded driver outlives every process that drives it. So a small shell waits on a pipe whose other end only the
/// test process holds: when that closes, for whatever reason, the shell kills the guest and removes its directory.
final class Undertaker {
  /// The guest's libvirt root.
  let directory: String

  private let lifeline: Int32
  private let shell: pid_t

  /// Kills what the pid files below $1 name, if it still is a process that has $1 on its command line.
  private static let script = """
    read -r _
    for file in "$1"/run/qemu/*.pid; do
      pid=$(cat "$file" 2>/dev/null) || continue
      [ -n "$pid" ] && grep -qaF -e "$1/" "/proc/$pid/cmdline" 2>/dev/null || continue
      kill -9 "$pid"
      while [ -d "/proc/$pid" ] && ! grep -q '^State:.Z' "/proc/$pid/status" 2>/dev/null; do sleep 0.02; done
    done
    rm -rf "$1"
    """

  init() throws {
    directory = try TemporaryDirectory.make("snapsh-guest")
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else {
      throw TestSupportError("cannot make a pipe: \(String(cString: strerror(errno)))")
    }
    // Nobody else may inherit the writing end, or the shell would wait for that process too.
    _ = fcntl(ends[0], F_SETFD, FD_CLOEXEC)
    _ = fcntl(ends[1], F_SETFD, FD_CLOEXEC)
    lifeline = ends[1]
    let null = open("/dev/null", O_WRONLY | O_CLOEXEC)
    defer {
      close(ends[0])
      close(null)
    }
    shell = try spawn(
      ["sh", "-c", Self.script, "sh", directory], environment: [:], descriptors: [ends[0], null, null])
  }

  /// Ends the guest and removes its directory; returns when both are gone.
  func bury() {
    close(lifeline)
    _ = waitForExit(of: shell, timeout: 60)
  }

  /// The guests' QEMU processes that live now.
  var livingProcesses: [Int32] {
    let run = directory + "/run/qemu"
    let names = (try? FileManager.default.contentsOfDirectory(atPath: run)) ?? []
    let named = Set(processes(naming: directory + "/"))
    return names.sorted().compactMap { name in
      // The embedded driver's own file names whoever has it open: a command of ours.
      guard name.hasSuffix(".pid"), name != "driver.pid",
        let text = try? String(contentsOfFile: "\(run)/\(name)", encoding: .utf8),
        let process = Int32(text.trimmingCharacters(in: .whitespacesAndNewlines)), named.contains(process)
      else { return nil }
      return process
    }
  }
}
