import Operations

/// A snapshot in JSON but for its name, which is `name` in a list and `snapshot` elsewhere.
struct SnapshotFields: Encodable, Sendable {
  /// The name of its parent; absent for a root.
  let parent: String?
  /// The guest's state at that instant: `running`, `paused`, `shutoff`, `disk-snapshot`, …
  let state: String
  /// `internal` or `external`.
  let location: SnapshotRecord.Location
  /// The instant by RFC 3339, in UTC.
  let creationTime: String
  /// The instant in seconds since 1970.
  let creationTimeSeconds: Int64

  init(_ record: SnapshotRecord) {
    parent = record.parent
    state = record.state
    location = record.location
    creationTime = LocalTime(seconds: record.creationTime).rfc3339
    creationTimeSeconds = record.creationTime
  }
}
