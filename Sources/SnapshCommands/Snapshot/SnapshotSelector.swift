import CommandGrammar
import Libvirt

/// How the commands on one snapshot are told which: by its name, or as the current one.
struct SnapshotSelector {
  private let name: Option<String?>
  private let current: Option<Bool>
  private let arguments: ParsedArguments

  /// `--snapshotname`, in a command's own words.
  static func nameOption(help: String = "snapshot name") -> Option<String?> {
    .text("snapshotname", completes: .snapshot, help: help)
  }

  /// `--current`, in a command's own words.
  static func currentOption(help: String) -> Option<Bool> {
    .flag("current", help: help)
  }

  init(_ arguments: ParsedArguments, name: Option<String?>, current: Option<Bool>) {
    self.arguments = arguments
    self.name = name
    self.current = current
  }

  /// Finds the snapshot.
  ///
  /// - Throws: ``CommandFailure`` when both ways are used or none; libvirt's error when there is no such snapshot.
  func snapshot(of domain: Domain) throws -> DomainSnapshot {
    let name = try arguments[name]
    switch (name, try arguments[current]) {
    case (.some, true):
      throw CommandFailure("--snapshotname and --current are mutually exclusive")
    case (let name?, false):
      return try domain.snapshot(named: name)
    case (nil, true):
      return try domain.currentSnapshot()
    case (nil, false):
      throw CommandFailure("--snapshotname or --current is required")
    }
  }

  /// The name of the snapshot that is meant, whether it exists or not; `nil` where the two ways contradict each other.
  func name(in domain: Domain) throws -> String? {
    switch (try arguments[name], try arguments[current]) {
    case (let name?, false): name
    case (nil, true): try? domain.currentSnapshot().name
    case (.some, true), (nil, false): nil
    }
  }
}
