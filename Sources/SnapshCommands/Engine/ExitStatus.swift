/// What exit statuses beyond success (0) and failure (1) mean, in the words of help and manual.
enum ExitStatus {
  /// Of a command that Ctrl-C ends in an orderly way, `CancelledError`: 128 and the number of SIGINT, as shells count.
  static let interruptible: [Int32: String] = [
    130: "interrupted by Ctrl-C or SIGTERM; what had been done is undone"
  ]

  /// Of a command that takes no time itself, but waits for another's job with `--wait-for-job`.
  static let interruptibleWhileWaiting: [Int32: String] = [
    130: "interrupted by Ctrl-C or SIGTERM while it waited for another job"
  ]
}
