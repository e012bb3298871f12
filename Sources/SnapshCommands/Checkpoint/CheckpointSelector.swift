import CommandGrammar
import Libvirt

/// How the commands on one checkpoint are told which.
enum CheckpointSelector {
  /// `--checkpointname`, in a command's own words.
  static func option(help: String = "checkpoint name") -> Option<String?> {
    .text("checkpointname", completes: .checkpoint, help: help)
  }

  /// Finds the checkpoint.
  ///
  /// - Throws: ``CommandFailure`` without a name; libvirt's error when there is no such checkpoint.
  static func checkpoint(named name: String?, of domain: Domain) throws -> DomainCheckpoint {
    guard let name else { throw CommandFailure("--checkpointname is required") }
    return try domain.checkpoint(named: name)
  }
}
