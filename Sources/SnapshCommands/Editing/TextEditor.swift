import Glibc
import SystemPackage

/// The editor a person likes: `$VISUAL`, `$EDITOR`, or vi.
struct TextEditor {
  /// The person's own words: a program, perhaps with arguments.
  let command: String

  init(environment: [String: String]) {
    let chosen = ["VISUAL", "EDITOR"].lazy.compactMap { environment[$0] }.first { !$0.isEmpty }
    command = chosen ?? "vi"
  }

  /// Lets the person edit a file; the editor has this process's terminal.
  ///
  /// The words are a shell's, as `code --wait` is; the file's name is not, whatever characters it has.
  /// - Throws: ``CommandFailure`` when the editor cannot be run or ends with a failure.
  func edit(_ file: String) throws {
    let script: [String] = ["sh", "-c", "\(command) \"$1\"", "sh", file]
    let words = script.map { strdup($0) }
    defer { for word in words { free(word) } }
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    // What this process ignores would stay ignored in the editor.
    var ordinary = sigset_t()
    sigemptyset(&ordinary)
    sigaddset(&ordinary, SIGPIPE)
    posix_spawnattr_setsigdefault(&attributes, &ordinary)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF))
    // The keyboard's signals belong to the editor for as long as it runs.
    let keyboard = [SIGINT, SIGQUIT].map { ($0, ignored($0)) }
    defer {
      for (number, before) in keyboard {
        var before = before
        sigaction(number, &before, nil)
      }
    }
    sigaddset(&ordinary, SIGINT)
    sigaddset(&ordinary, SIGQUIT)
    posix_spawnattr_setsigdefault(&attributes, &ordinary)
    var child = pid_t()
    let failure = posix_spawn(&child, "/bin/sh", nil, &attributes, words + [nil], environ)
    guard failure == 0 else {
      throw CommandFailure("cannot start the editor '\(command)': \(Errno(rawValue: failure).description)")
    }
    var status: Int32 = 0
    while waitpid(child, &status, 0) < 0 {
      guard errno == EINTR else {
        throw CommandFailure(
          "nobody knows how the editor '\(command)' ended: \(Errno(rawValue: errno).description)")
      }
    }
    guard status & 0x7f == 0 else {
      throw CommandFailure("the editor '\(command)' was killed by signal \(status & 0x7f)")
    }
    guard status == 0 else {
      throw CommandFailure("the editor '\(command)' ended with status \(status >> 8 & 0xff)")
    }
  }

  /// Ignores a signal from now on, and returns how it was handled before; `signal(2)` would not give back all of that.
  private func ignored(_ number: Int32) -> sigaction {
    var ignoring = sigaction()
    ignoring.__sigaction_handler.sa_handler = SIG_IGN
    var before = sigaction()
    sigaction(number, &ignoring, &before)
    return before
  }
}
