import CommandGrammar

/// Options that several commands on disks share.
enum BlockOption {
  /// The disk a command is about.
  static let path = Option.required(
    "path", completes: .disk, help: "the disk's target, or the path of its image")
}
