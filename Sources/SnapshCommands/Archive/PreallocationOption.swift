import CommandGrammar
import DiskIO

/// `--preallocation MODE`, as `qemu-img create` has it.
enum PreallocationOption {
  static func declared(help: String) -> Option<String?> {
    Option.text("preallocation", namedOnly: true, help: help)
  }

  /// - Throws: `CommandFailure` for a mode that is none.
  static func value(_ text: String?) throws -> Preallocation {
    guard let text else { return .off }
    guard let mode = Preallocation(rawValue: text) else {
      throw CommandFailure(
        "'\(text)' is no preallocation; use one of "
          + Preallocation.allCases.map(\.rawValue).joined(separator: ", "))
    }
    return mode
  }
}
