extension GlobalOptions {
  /// Every global option as it is written, with its help; `snapsh --help` and the manual page print it.
  static let help: [(form: String, help: String)] = [
    ("-c | --connect=URI", "hypervisor connection URI"),
    ("-h | --help", "this help"),
    ("     --json", "results and errors as JSON, one object a line"),
    ("     --keep-going", "go on with a batch after a command that failed"),
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
      let padding = String(repeating: " ", count: max(1, 24 - option.form.count))
      return "    \(option.form)\(padding)\(option.help)\n"
    }.joined()
  }
}
