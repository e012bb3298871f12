import CLibEdit
import Glibc

/// Reads lines from a terminal with editing, history and completion (libedit's readline interface).
///
/// libedit keeps one editor per process, so everything here is static; use it from one thread.
public enum LineEditor {
  /// Finds what could stand for the word being typed.
  public typealias Completer = (_ line: String, _ word: String) -> [String]

  /// Prepares the editor.
  ///
  /// - Parameters:
  ///   - name: The program's name, for the user's own editrc.
  ///   - completer: Called on TAB with the line up to the cursor and the word at its end;
  ///     returns what could stand for the word. A single one that ends with `/` goes on; any other is done.
  ///   - isInterrupted: Asked several times a second while a key is waited for; `true` ends the reading.
  public static func configure(
    name: String, completer: @escaping Completer, isInterrupted: @escaping () -> Bool
  ) {
    useUTF8()
    current = completer
    interruption = isInterrupted
    shim_rl_set_read_key(readKey)
    // libedit keeps the pointers it is given here for as long as the process lives.
    shim_rl_set_name(strdup(name))
    shim_rl_set_word_breaks(strdup(" \t\n;"))
    shim_rl_set_completion(complete)
  }

  /// libedit shows and takes the characters of the process's locale; snapsh's text is UTF-8 in every one.
  private static func useUTF8() {
    setlocale(LC_CTYPE, "")
    guard let encoding = nl_langinfo(Int32(CODESET)), String(cString: encoding) != "UTF-8" else { return }
    setlocale(LC_CTYPE, "C.UTF-8")
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
  var pending: UInt8?
  while let first = pending ?? nextByte() {
    pending = nil
    // No byte is read ahead: whoever types one character waits to see it.
    var bytes = [first]
    while bytes.count < sequenceLength(of: first), pending == nil {
      guard let next = nextByte() else { return -1 }
      if next & 0xC0 == 0x80 { bytes.append(next) } else { pending = next }
    }
    // Bytes that are no text are not typed; to end the shell for them would be worse.
    guard let text = String(validating: bytes, as: UTF8.self), let scalar = text.unicodeScalars.first
    else { continue }
    return Int32(bitPattern: scalar.value)
  }
  return -1
}

/// How many bytes a character has that begins with this one.
private func sequenceLength(of first: UInt8) -> Int {
  switch first {
  case 0xC2...0xDF: 2
  case 0xE0...0xEF: 3
  case 0xF0...0xF4: 4
  default: 1
  }
}

/// The next byte typed at standard input; `nil` when the input ends, or an interrupt is told.
private func nextByte() -> UInt8? {
  // How long an interrupt may wait to be seen, in milliseconds.
  let patience: Int32 = 100
  var input = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
  while interruption?() != true {
    guard poll(&input, 1, patience) > 0 else { continue }
    var byte: UInt8 = 0
    guard read(STDIN_FILENO, &byte, 1) == 1 else { return nil }
    // What a Ctrl-D becomes that is typed before libedit has the terminal; libedit would quote the next key.
    if byte != 0 { return byte }
  }
  return nil
}

/// `rl_attempted_completion_function`: finds all candidates at once.
private func complete(
  _ word: UnsafePointer<CChar>?, _ start: Int32, _ end: Int32
) -> UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? {
  guard let word, let completer = current else { return nil }
  // libedit counts in characters of its own, which are Unicode's scalars.
  let line = String(String(cString: shim_rl_line()).unicodeScalars.prefix(Int(end)))
  let found = completer(line, String(cString: word))
  shim_rl_completion_over()
  let goesOn = found.count == 1 && found[0].hasSuffix("/")
  shim_rl_set_append(goesOn ? 0 : Int32(UInt8(ascii: " ")))
  guard !found.isEmpty else { return nil }
  candidates = found
  return rl_completion_matches(word, nextCandidate)
}

/// `rl_compentry_func_t`: hands the candidates over one by one, as memory that libedit frees.
private func nextCandidate(_ word: UnsafePointer<CChar>?, _ state: Int32) -> UnsafeMutablePointer<CChar>? {
  candidates.isEmpty ? nil : strdup(candidates.removeFirst())
}
