import Glibc

extension Tool {
  /// Runs the process's own command line and ends the process.
  public static func main() -> Never {
    // A closed pipe is an error of write(2) that can be told, not a signal that kills.
    signal(SIGPIPE, SIG_IGN)
    // Whoever started this process may ignore it, and then the kernel keeps from us how the programs that we run end.
    signal(SIGCHLD, SIG_DFL)
    let status = run(words(of: CommandLine.arguments), environment: environment(), console: .standard)
    // Not exit: its destructors would pull libraries from under threads that libvirt has still running, such as
    // the one that meets again a guest of the embedded driver. Nothing here is buffered.
    _exit(status)
  }

  /// The command line, with the command in front that the program is called by where it is a link of that name.
  static func words(of arguments: [String]) -> [String] {
    let program = arguments.first?.split(separator: "/").last.map(String.init)
    let words = Array(arguments.dropFirst())
    return program == VMAWriterCommand.name ? [VMAWriterCommand.name] + words : words
  }

  private static func environment() -> [String: String] {
    var variables: [String: String] = [:]
    var entry = environ
    while let variable = entry.pointee {
      let parts = String(cString: variable).split(
        separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      if parts.count == 2 { variables[String(parts[0])] = String(parts[1]) }
      entry += 1
    }
    return variables
  }
}
