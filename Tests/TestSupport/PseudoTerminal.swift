import Glibc

/// A program that runs on a terminal of its own, typed at and read by a test.
public final class PseudoTerminal {
  /// POSIX_SPAWN_SETSID, which Swift's Glibc leaves out.
  private static let newSession: Int16 = 0x80
  /// TIOCSPTLCK and TIOCGPTN of ioctl_tty(2).
  private static let lock: UInt = 0x4004_5431
  private static let getNumber: UInt = 0x8004_5430

  private let master: Int32
  private let child: pid_t
  private var unread = ""
  private var hasEnded = false

  /// Everything the program has written so far, echo included.
  public private(set) var transcript = ""

  /// Starts a program in a session of its own, with the terminal as its standard streams.
  /// - Parameters:
  ///   - arguments: the program's path and its arguments.
  ///   - environment: the program's whole environment.
  /// - Throws: ``TestSupportError`` with errno's text.
  public init(_ arguments: [String], environment: [String: String]) throws {
    master = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC)
    // Swift's Glibc has no posix_openpt; these two are what unlockpt and ptsname do.
    var locked: Int32 = 0
    var number: UInt32 = 0
    guard master >= 0, ioctl(master, Self.lock, &locked) == 0,
      ioctl(master, Self.getNumber, &number) == 0
    else {
      throw TestSupportError("cannot open a pseudo terminal: \(String(cString: strerror(errno)))")
    }
    let name = "/dev/pts/\(number)"
    var size = winsize(ws_row: 24, ws_col: 200, ws_xpixel: 0, ws_ypixel: 0)
    _ = ioctl(master, UInt(TIOCSWINSZ), &size)

    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    // The first terminal that a new session's leader opens becomes its controlling terminal.
    posix_spawn_file_actions_addopen(&actions, 0, name, O_RDWR, 0)
    posix_spawn_file_actions_adddup2(&actions, 0, 1)
    posix_spawn_file_actions_adddup2(&actions, 0, 2)
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    // The test's threads block signals that a keyboard must be able to send.
    var noSignals = sigset_t()
    sigemptyset(&noSignals)
    posix_spawnattr_setsigmask(&attributes, &noSignals)
    posix_spawnattr_setflags(&attributes, Self.newSession | Int16(POSIX_SPAWN_SETSIGMASK))

    var argv = arguments.map { strdup($0) } + [nil]
    var variables = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
    defer { for text in argv + variables { free(text) } }
    var pid: pid_t = 0
    let status = posix_spawn(&pid, arguments[0], &actions, &attributes, &argv, &variables)
    guard status == 0 else {
      close(master)
      throw TestSupportError("cannot start \(arguments[0]): \(String(cString: strerror(status)))")
    }
    child = pid
  }

  deinit {
    if !hasEnded {
      kill(child, SIGKILL)
      waitpid(child, nil, 0)
    }
    close(master)
  }

  /// Types text; control characters are what a keyboard would send (`\u{3}` is Ctrl-C).
  public func type(_ text: String) {
    type(bytes: Array(text.utf8))
  }

  /// Types bytes, whether they are text or not.
  public func type(bytes: [UInt8]) {
    var bytes = bytes[...]
    while !bytes.isEmpty {
      let count = bytes.withUnsafeBytes { write(master, $0.baseAddress, $0.count) }
      guard count > 0 else { return }
      bytes = bytes.dropFirst(count)
    }
  }

  /// Reads until the program has written `text`, and forgets all up to its end.
  /// - Parameters:
  ///   - text: what is waited for.
  ///   - seconds: when to give up: generous, because nothing is asserted of the time.
  /// - Returns: what was written before it.
  /// - Throws: ``TestSupportError`` with the whole transcript.
  @discardableResult
  public func wait(for text: String, seconds: Int = 60) throws -> String {
    let deadline = ContinuousClock.now + .seconds(seconds)
    while true {
      // By bytes: to Swift's characters a carriage return and its newline are one.
      if let found = unread.utf8.firstRange(of: text.utf8) {
        let before = String(unread[..<found.lowerBound])
        unread = String(unread[found.upperBound...])
        return before
      }
      guard ContinuousClock.now < deadline, readMore() else {
        throw TestSupportError("\"\(text)\" did not come; the terminal shows:\n\(transcript)")
      }
    }
  }

  /// Whether the program writes `text` within so many seconds; it is then forgotten up to its end.
  public func shows(_ text: String, seconds: Int) -> Bool {
    (try? wait(for: text, seconds: seconds)) != nil
  }

  /// Waits for the program's end.
  /// - Parameters:
  ///   - text: typed again and again until then: a Ctrl-D typed while the program is still setting the terminal
  ///     up is lost.
  ///   - seconds: when to give up.
  /// - Returns: its exit status; nil when a signal ended it.
  /// - Throws: ``TestSupportError`` with the whole transcript when it does not end.
  public func waitForEnd(typing text: String = "", seconds: Int = 60) throws -> Int32? {
    let deadline = ContinuousClock.now + .seconds(seconds)
    type(text)
    while readMore() {
      type(text)
      guard ContinuousClock.now < deadline else {
        throw TestSupportError("the program does not end; the terminal shows:\n\(transcript)")
      }
    }
    var status: Int32 = 0
    waitpid(child, &status, 0)
    hasEnded = true
    return status & 0x7f == 0 ? (status >> 8) & 0xff : nil
  }

  /// Waits for output for at most a second; false once the program has closed the terminal.
  private func readMore() -> Bool {
    var ready = pollfd(fd: master, events: Int16(POLLIN), revents: 0)
    guard poll(&ready, 1, 1000) > 0 else { return true }
    var buffer = [UInt8](repeating: 0, count: 4096)
    let count = read(master, &buffer, buffer.count)
    guard count > 0 else { return false }
    let text = String(decoding: buffer[..<count], as: UTF8.self)
    unread += text
    transcript += text
    return true
  }
}
