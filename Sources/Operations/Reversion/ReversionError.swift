/// Why a domain cannot be taken back to a snapshot, or a snapshot cannot go; nothing was touched.
public enum ReversionError: Error, Equatable, CustomStringConvertible {
  /// The snapshots of a domain that is not persistent end with it.
  case transient(domain: String)
  /// A disk was left to the operator to copy.
  case manualDisk(snapshot: String, disk: String)
  /// One disk is inside its image, another in an overlay.
  case mixed(snapshot: String)
  /// The disk is no file or device on this machine.
  case noPath(snapshot: String, disk: String)
  /// The domain has no such disk any more.
  case noDisk(domain: String, disk: String)
  /// The snapshot's image is what the guest writes to.
  case overwritten(snapshot: String, disk: String, path: String)
  /// An image that `by`, as `snapshot 'x'` or `disk 'vda'`, stands on or is cannot be read here.
  case unreadable(by: String, path: String, reason: String)
  /// The memory would meet a disk that has moved on.
  case memoryWithoutDisk(snapshot: String, disk: String)
  /// Checkpoints hang on the overlays.
  case checkpoints(domain: String)
  /// A job runs on a disk.
  case diskJob(domain: String, disk: String)
  /// The internal snapshot is inside an image that others stand on.
  case insideFrozenImage(snapshot: String, path: String, other: String)
  /// A snapshot name is taken.
  case nameTaken(String)
  /// The snapshot has no definition to go back to.
  case noDefinition(snapshot: String)
  /// A memory-only snapshot has no disks that would fit its memory.
  case memoryOnly(snapshot: String)
  /// A snapshot that would have to go is inside an image.
  case internalDescendant(snapshot: String)
  /// Merging would have to rewrite an image that another snapshot needs as it is.
  case shared(path: String, other: String)
  /// An external snapshot on an internal one that is not the last.
  case internalParent(snapshot: String, parent: String, child: String)

  /// A deletion has begun to write over the snapshot's images, and did not come to its end.
  case halfMerged(snapshot: String, domain: String)

  /// The guest ended, by itself or by somebody else, before it could be kept.
  case endedMeanwhile(domain: String)
  /// The images are those of another host.
  case otherHost(domain: String)
  /// Somebody has started the guest on files that were to be removed.
  case usedMeanwhile(domain: String, path: String)

  /// Whether somebody who sees the images may still do it.
  public var isOutOfReach: Bool {
    switch self {
    case .noPath, .unreadable, .otherHost: true
    default: false
    }
  }

  public var description: String {
    switch self {
    case .otherHost(let domain):
      "the images of domain '\(domain)' are on another host; run snapsh there"
    case .halfMerged(let snapshot, let domain):
      "snapshot '\(snapshot)' can no longer be gone back to: its deletion was interrupted while what it had frozen was being "
        + "written over; the same snapshot-delete again, or 'snapsh doctor \(domain) --fix', does the rest of it"
    case .usedMeanwhile(let domain, let path):
      "domain '\(domain)' has written to '\(path)' since; taking the rest back would lose that"
    case .endedMeanwhile(let domain):
      "domain '\(domain)' has ended meanwhile, and its memory is gone; going back again keeps its disks"
    case .transient(let domain):
      "domain '\(domain)' is transient: its snapshots end with the guest; define it first"
    case .manualDisk(let snapshot, let disk):
      "snapshot '\(snapshot)' left disk '\(disk)' to whoever took it (manual): put its copy in place, and take "
        + "the domain back with --force"
    case .mixed(let snapshot):
      "snapshot '\(snapshot)' is partly inside the images: revert to one that is wholly external"
    case .noPath(let snapshot, let disk):
      "disk '\(disk)' of snapshot '\(snapshot)' is no file or block device of this machine, and no overlay can "
        + "be made for it; run snapsh where the images are"
    case .noDisk(let domain, let disk):
      "domain '\(domain)' has no disk '\(disk)' any more; attach it again first"
    case .overwritten(let snapshot, let disk, let path):
      "the state of snapshot '\(snapshot)' is gone: disk '\(disk)' writes to '\(path)', which it had frozen; "
        + "'snapshot-delete --metadata' forgets the snapshot"
    case .unreadable(let user, let path, let reason):
      "\(user) needs '\(path)', which cannot be read here with all below it (\(reason)); bring it back, or run snapsh "
        + "where the images are ('doctor' tells which are gone for good)"
    case .memoryWithoutDisk(let snapshot, let disk):
      "snapshot '\(snapshot)' holds memory but not disk '\(disk)', which has moved on since: the guest would "
        + "destroy its data; --force goes back nevertheless"
    case .checkpoints(let domain):
      "domain '\(domain)' has checkpoints, whose bitmaps would be left behind; delete them first "
        + "('checkpoint-delete')"
    case .diskJob(let domain, let disk):
      "disk '\(disk)' has a running job; end it first ('blockjob \(domain) \(disk) --abort', or its snapshot's "
        + "deletion where it is a mirror)"
    case .insideFrozenImage(let snapshot, let path, let other):
      "snapshot '\(snapshot)' is inside '\(path)', on which \(other) stands: going back would rewrite the image "
        + "below; delete what stands on it first, or copy the state out with 'qemu-img convert -l'"
    case .nameTaken(let name): "a snapshot '\(name)' exists already; choose another name with --keep-as"
    case .noDefinition(let snapshot):
      "libvirt keeps no definition with snapshot '\(snapshot)'; the domain cannot be taken back to it"
    case .memoryOnly(let snapshot):
      "snapshot '\(snapshot)' holds memory alone, and the disks have moved on since; --force goes back nevertheless"
    case .internalDescendant(let snapshot):
      "snapshot '\(snapshot)' is inside an image and has to be deleted by itself first"
    case .shared(let path, let other):
      "'\(path)' would be rewritten, but snapshot '\(other)' needs it as it is; delete that one first"
    case .internalParent(let snapshot, let parent, let child):
      "snapshot '\(snapshot)' stands on '\(parent)', which is inside the image, and below '\(child)': delete "
        + "'\(child)' first, or all of it with --children"
    }
  }
}
