/// Why a mirrored snapshot cannot be made, kept or ended as asked.
public enum MirrorError: Error, Equatable, CustomStringConvertible {
  /// The request contradicts itself or what a mirror is; nothing was touched.
  case refused(String)
  /// A file that is to be made, or reused, is not as it must be; nothing was touched.
  case file(disk: String, path: String, reason: String)
  /// A mirror ended by itself.
  case ended(disk: String, path: String)
  /// The merge of an overlay into an image below ended by itself.
  case mergeEnded(disk: String, base: String)
  /// The mirrors did not catch up in the time allowed.
  case timeout(seconds: Int)
  /// A job runs on the disk.
  case busy(disk: String, domain: String, job: String)
  /// Something that a mirrored snapshot forbids.
  case mirrored(work: String, domain: String, snapshot: String, disks: [String])
  /// The disk is neither on the one storage nor on the other, so that nothing can be said for it.
  case elsewhere(disk: String, found: String?, snapshot: String)
  /// A guest without a definition ended just when a disk was to leave one image for another.
  case undecidedMove(disk: String, domain: String, String, String)
  /// Somebody else has put a disk that is being moved on another image.
  case movedElsewhere(disk: String, found: String, expected: [String])
  /// Somebody else has put another image on top of an overlay that is to be merged.
  case buried(disk: String, overlay: String, top: String)
  /// A disk whose overlay is to be merged is on neither of the two images, or the domain has no such disk any more.
  case neitherOn(disk: String, found: String?, overlay: String, base: String)
  /// The disk has left the image on which the operation is to begin.
  case notOnBase(disk: String, found: String, expected: String)
  /// A guest has a file in use that is to be removed.
  case inUse(disk: String, path: String, domain: String)
  /// The guest ended, by itself or by somebody else, while it was needed.
  case guestEnded(domain: String)
  /// A transient guest ended in the middle of a merge, and nothing tells which image is the newer one.
  case undecided(disk: String, overlay: String, base: String)

  public var description: String {
    switch self {
    case .refused(let reason): reason
    case .file(let disk, let path, let reason): "disk '\(disk)': '\(path)' \(reason)"
    case .ended(let disk, let path):
      "the mirror of disk '\(disk)' to '\(path)' ended by itself (a full or failing second storage, or the guest "
        + "was shut off); QEMU's log tells more"
    case .mergeEnded(let disk, let base):
      "the merge of disk '\(disk)' into '\(base)' ended by itself (a full or failing storage, or the guest was shut off); QEMU's "
        + "log tells more"
    case .timeout(let seconds): "the mirrors had not caught up after \(seconds) s; allow more with --timeout"
    case .busy(let disk, let domain, let job):
      "disk '\(disk)' has a running job (\(job)); end it with 'blockjob \(domain) \(disk) --abort', or let it end"
    case .mirrored(let work, let domain, let snapshot, let disks):
      "\(work) is not possible while snapshot '\(snapshot)' mirrors \(disks.joined(separator: ", ")) of domain "
        + "'\(domain)': end it first with 'snapshot-delete \(domain) \(snapshot)' (go on from the second storage) "
        + "or with --abort-mirror (stay on the first)"
    case .elsewhere(let disk, let found?, let snapshot):
      "disk '\(disk)' is on '\(found)', neither the overlay nor the mirror of snapshot '\(snapshot)': somebody "
        + "else has moved it; 'snapshot-delete --metadata' forgets the snapshot and touches no file"
    case .elsewhere(let disk, nil, let snapshot):
      "the domain has no disk '\(disk)' any more, of which snapshot '\(snapshot)' has an overlay: attach it again, or let "
        + "'snapshot-delete --metadata' forget the snapshot, which touches no file"
    case .undecidedMove(let disk, let domain, let one, let other):
      "disk '\(disk)': the guest ended just when it was to leave '\(one)' for '\(other)', the two differ, and nothing "
        + "tells which is the newer one, so both are left as they are: look into them, 'define' the guest with this disk "
        + "on the newer one, and 'storage-migrate \(domain) --resume' does the rest"
    case .movedElsewhere(let disk, let found, let expected):
      "disk '\(disk)' is on '\(found)', where its move did not put it: define it on the image that holds its newest data ("
        + expected.map { "'\($0)'" }.joined(separator: " or ") + ") and do this again"
    case .buried(let disk, let overlay, let top):
      "disk '\(disk)' is on '\(top)' now, which stands on '\(overlay)': delete the snapshot that was taken meanwhile, or "
        + "merge that image ('blockcommit'), and do this again"
    case .neitherOn(let disk, let found, let overlay, let base):
      (found.map { "disk '\(disk)' is on '\($0)', where it was not put by this" }
        ?? "the domain has no disk '\(disk)' any more")
        + ", and '\(overlay)' may hold its newest data, so that stays: put the disk back on it (on '\(base)' where that "
        + "data is of no use), or remove it yourself, after 'qemu-img commit' where its data is to be kept; then do this again"
    case .notOnBase(let disk, let found, let expected):
      "disk '\(disk)' is on '\(found)' and no longer on '\(expected)': somebody has taken a snapshot or moved it "
        + "meanwhile; ask for this again"
    case .inUse(let disk, let path, let domain):
      "'\(path)' is in use as disk '\(disk)' of domain '\(domain)', and stays"
    case .guestEnded(let domain): "domain '\(domain)' has ended meanwhile"
    case .undecided(let disk, let overlay, let base):
      "disk '\(disk)': the guest ended while '\(overlay)' was being merged into '\(base)', the two differ, and nothing "
        + "tells which is the newer one, so both are left as they are: look into them, then either 'qemu-img commit' "
        + "the overlay or remove it, and do this again"
    }
  }
}
