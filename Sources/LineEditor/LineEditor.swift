import CLibEdit
import Glibc

/// Reads lines from a terminal with editing, history and completion (libedit's readline interface).
///
/// libedit keeps one editor per process, so everything here is static; use it from one thread.
public enum LineEditor {
  /// Finds what could stand for the word being typed.
  public typealias Completer = (_ line: String, _ word: String, _ start: Int) -> [String]

  /// Prepares the editor.
  ///
  /// - Parameters:
  ///   - name: The program's name, for the user's own editrc.
  ///   - completer: Called on TAB with the whole line, the word and the word's offset in the line (bytes);
  ///     returns whole words that begin with it.
  ///   - isInterrupted: Asked several times a second while a key is waited for; `true` ends the reading.
  public static func configure(
    name: String, completer: @escaping Completer, isInterrupted: @escaping () -> Bool
  ) {
    current = completer
    interruption = isInterrupted
    shim_rl_set_read_key(readKey)
    // libedit keeps the pointers it is given here for as long as the process lives.
    shim_rl_set_name(strdup(name))
    shim_rl_set_word_breaks(strdup(" \t\n;"))
    shim_rl_set_completion(complete)
    shim_rl_set_append(Int32(UInt8(ascii: " ")))
  }

  /// Reads one line.
  ///
  /// - Parameter prompt: Shown before the line.
  /// - Returns: The line without its newline; `nil` at the end of the input or when a signal interrupted the
  ///   reading. The corresponding C function is `readline`.
  public static func readLine(prompt: String) -> String? {
    guard let line = CLibEdit.readline(prompt) else { return nil }
    defer { free(line) }
    return String(cString: line)
  }
}

// libedit calls back on the thread that reads the line, the only one that may use the editor.
nonisolated(unsafe) private var current: LineEditor.Completer?
nonisolated(unsafe) private var candidates: [String] = []
nonisolated(unsafe) private var interruption: (() -> Bool)?

/// `rl_getc_function`: the next character typed, decoded from UTF-8; -1 at the end of the input or when interrupted.
///
/// libedit itself would block in read(2), and lose a signal that arrives just before it does.
private func readKey(_ stream: UnsafeMutablePointer<FILE>?) -> Int32 {
  var decoder = UTF8()
  var bytes = TypedBytes()
  guard case .scalarValue(let scalar) = decoder.decode(&bytes) else { return -1 }
  return Int32(bitPattern: scalar.value)
}

/// The bytes typed at standard input, as they come; ends when the input does or an interrupt is told.
private struct TypedBytes: IteratorProtocol {
  /// How long an interrupt may wait to be seen, in milliseconds.
  private static let patience: Int32 = 100

  mutating func next() -> UInt8? {
    var input = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
    while interruption?() != true {
      guard poll(&input, 1, Self.patience) > 0 else { continue }
      var byte: UInt8 = 0
      guard read(STDIN_FILENO, &byte, 1) == 1 else { return nil }
      // What a Ctrl-D becomes that is typed before libedit has the terminal; libedit would quote the next key.
      if byte != 0 { return byte }
    }
    return nil
  }
}

/// `rl_attempted_completion_function`: finds all candidates at once.
private func complete(
  _ word: UnsafePointer<CChar>?, _ start: Int32, _ end: Int32
) -> UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? {
  guard let word, let completer = current else { return nil }
  let line = String(cString: shim_rl_line())
  let found = completer(line, String(cString: word), Int(start))
  shim_rl_completion_over()
  guard !found.isEmpty else { return nil }
  candidates = found
  return rl_completion_matches(word, nextCandidate)
}

/// `rl_compentry_func_t`: hands the candidates over one by one, as memory that libedit frees.
private func nextCandidate(_ word: UnsafePointer<CChar>?, _ state: Int32) -> UnsafeMutablePointer<CChar>? {
  candidates.isEmpty ? nil : strdup(candidates.removeFirst())
}
