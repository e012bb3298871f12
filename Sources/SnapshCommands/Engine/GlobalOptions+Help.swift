extension GlobalOptions {
  /// Every global option as it is written, with its help; `snapsh --help` and the manual page print it.
  static let help: [(form: String, help: String)] = [
    ("-c | --connect=URI", "hypervisor connection URI"),
    ("-d | --debug=NUM", "debug level [0-4]"),
    ("-e | --escape <char>", "escape sequence of virsh's console; accepted, there is no console here"),
    ("-h | --help", "this help"),
    ("     --json", "results and errors as JSON, one object a line"),
    ("-k | --keepalive-interval=NUM", "keepalive interval in seconds, 0 for disable"),
    ("-K | --keepalive-count=NUM", "number of possible missed keepalive messages"),
    ("     --keep-going", "go on with a batch after a command that failed"),
    ("-l | --log=FILE", "output logging to file"),
    ("     --progress=MODE", "progress of long work: auto, plain, json or none"),
    ("-q | --quiet", "quiet mode"),
    ("-r | --readonly", "connect readonly"),
    ("-t | --timing", "print timing information"),
    ("-v", "short version"),
    ("-V", "long version"),
    ("     --version[=TYPE]", "version, TYPE is short or long (default short)"),
    ("     --wait-for-job", "wait for the job that holds a domain rather than fail"),
  ]

  /// The options as `snapsh --help` lists them, a line each.
  static var helpText: String {
    help.map { option in
      // As virsh does: what is too long for the column of forms has its help on the next line.
      let padding = option.form.count < 24 ? option.form.count : 0
      let gap = (padding == 0 ? "\n    " : "") + String(repeating: " ", count: 24 - padding)
      return "    \(option.form)\(gap)\(option.help)\n"
    }.joined()
  }
}
