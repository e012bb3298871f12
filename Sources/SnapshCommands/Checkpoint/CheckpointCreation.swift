import CommandGrammar
import Libvirt

/// What `checkpoint-create` and `checkpoint-create-as` share.
enum CheckpointCreation {
  /// `--quiesce`.
  static let quiesce = Option.flag("quiesce", help: "freeze the guest's file systems for the instant")

  /// What is said of a checkpoint that has been made; `source` is the document's file, where there was one.
  static func result(of checkpoint: DomainCheckpoint, source: String?) -> Sentence<CheckpointAction> {
    let origin = source.map { " from '\($0)'" } ?? ""
    return Sentence(
      "Domain checkpoint \(checkpoint.name) created\(origin)",
      fields: CheckpointAction(
        domain: checkpoint.domain.name, checkpoint: checkpoint.name, action: "created"))
  }
}
