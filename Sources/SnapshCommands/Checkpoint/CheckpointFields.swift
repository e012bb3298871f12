import Libvirt
import Operations

/// A checkpoint in JSON.
struct CheckpointFields: Encodable, Sendable {
  /// The checkpoint's name.
  let name: String
  /// The name of its parent; absent for a root.
  let parent: String?
  /// The instant by RFC 3339, in UTC.
  let creationTime: String
  /// The instant in seconds since 1970.
  let creationTimeSeconds: Int64

  init(_ record: CheckpointRecord) {
    name = record.name
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
