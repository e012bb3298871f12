/// How much of a new image's storage is taken before its disk is written; the names are those of `qemu-img create`.
public enum Preallocation: String, CaseIterable, Sendable {
  /// None: what is never written stays a hole.
  case off
  /// All of it is reserved (`fallocate`), so that a full file system shows at once; zeros are not written.
  case falloc
  /// All of it is reserved where the file system can do that, and zeros are written like data.
  case full
}
