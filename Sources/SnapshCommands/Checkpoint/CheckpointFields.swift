import Libvirt
import Operations

/// A checkpoint in JSON but for its name, which is `name` in a list and `checkpoint` elsewhere.
struct CheckpointFields: Encodable, Sendable {
  /// The name of its parent; absent for a root.
  let parent: String?
  /// The instant by RFC 3339, in UTC.
  let creationTime: String
  /// The instant in seconds since 1970.
  let creationTimeSeconds: Int64

  init(_ record: CheckpointRecord) {
    parent = record.parent
    creationTime = LocalTime(seconds: record.creationTime).rfc3339
    creationTimeSeconds = record.creationTime
  }
}

/// The checkpoint a command has acted on, for programs.
struct CheckpointAction: Encodable, Sendable {
  /// The domain's name.
  let domain: String
  /// The checkpoint's name.
  let checkpoint: String
  /// What has been done: `created`, `deleted`, `children-deleted`, `edited`, `none`.
  let action: String
}

/// A checkpoint's name alone, for programs.
struct CheckpointName: Encodable, Sendable {
  /// The domain's name.
  let domain: String
  /// The checkpoint's name.
  let checkpoint: String
}
