import Glibc
import Operations

/// Asks on the terminal, by one key, what is to become of an edit that failed.
struct EditAgainPrompt {
  /// What a person may want.
  enum Answer: Equatable {
    /// The editor once more, on the text as it was left.
    case editAgain
    /// The same text once more, over whatever somebody else has changed meanwhile.
    case overwrite
    /// No more of this.
    case giveUp
  }

  /// How long a signal may wait to be seen, in milliseconds.
  private static let patience: Int32 = 100

  private let console: Console
  private let cancellation: Cancellation

  /// - Parameter session: Its console shows the question; Ctrl-C and the other signals are an answer too.
  init(session: Session) {
    console = session.console
    cancellation = session.interruptible()
  }

  /// Whether there is somebody to ask: a terminal to read from and one to write to.
  static var isPossible: Bool {
    isatty(STDIN_FILENO) == 1 && isatty(STDERR_FILENO) == 1
  }

  /// Asks until one of the keys has been pressed.
  func answer() -> Answer {
    let before = readKeysAtOnce()
    defer { restore(before) }
    while true {
      console.printError("\rFailed. Try again? [y,n,f,?]: ")
      guard let key = nextKey() else { return end(.giveUp) }
      switch key | 0x20 {
      case UInt8(ascii: "y"): return end(.editAgain)
      case UInt8(ascii: "f"): return end(.overwrite)
      case UInt8(ascii: "n"): return end(.giveUp)
      // Ctrl-C and Ctrl-D, which are no signals here.
      case _ where key == 3 || key == 4: return end(.giveUp)
      case UInt8(ascii: "?"):
        console.printError(
          """

          y - yes, start editor again
          n - no, leave it; the edited text stays in its file
          f - force, try to redefine again
          ? - print this help

          """)
      default: continue
      }
    }
  }

  private func end(_ answer: Answer) -> Answer {
    console.printError("\n")
    return answer
  }

  /// The next key; `nil` at the end of the input, and once a signal has come.
  private func nextKey() -> UInt8? {
    var input = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
    while !cancellation.isCancelled {
      guard poll(&input, 1, Self.patience) > 0 else { continue }
      var key: UInt8 = 0
      return read(STDIN_FILENO, &key, 1) == 1 ? key : nil
    }
    return nil
  }

  /// Lets the terminal hand over each key as it is pressed, unseen; what it was told before is returned.
  private func readKeysAtOnce() -> termios? {
    var settings = termios()
    guard tcgetattr(STDIN_FILENO, &settings) == 0 else { return nil }
    let before = settings
    settings.c_lflag &= ~tcflag_t(ICANON | ECHO | ISIG)
    tcsetattr(STDIN_FILENO, TCSADRAIN, &settings)
    return before
  }

  private func restore(_ settings: termios?) {
    guard var settings else { return }
    tcsetattr(STDIN_FILENO, TCSADRAIN, &settings)
  }
}
