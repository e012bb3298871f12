/// What keeps a guest from being archived or brought back, apart from errors of libvirt, disks and archives.
public enum GuestArchiveError: Error, Equatable, Sendable {
  /// A target that the guest does not have.
  case unknownDisk(target: String, domain: String, known: [String])
  /// No disk is left to be archived.
  case noDisks(domain: String)
  /// A disk that can only be read through a running QEMU.
  case diskNotLocal(target: String, type: String)
  /// The driver cannot save memory.
  case driverWithoutMemory(driver: String)
  /// Memory is wanted of a guest that is shut off.
  case notRunning(domain: String)
  /// Memory is wanted beside a guest that would have to run on, and stands still.
  case paused(domain: String)
  /// A managed save is there already.
  case hasManagedSave(domain: String)
  /// Nobody says where libvirt's managed save is.
  case managedSaveElsewhere(uri: String)
  /// The guest may not be frozen, and must be.
  case notQuiesced(domain: String, reason: String)
  /// The guest's agent was told to freeze and to thaw, and has answered neither.
  case perhapsFrozen(domain: String, reason: String)
  /// The archive is of no libvirt guest.
  case noDomain(archive: String)
  /// The archive's `<domain>` cannot be used.
  case domainXML(archive: String, reason: String)
  /// Memory is wanted that the archive does not hold.
  case noMemory(archive: String)
  /// The memory stream does not come in order, so it cannot be put back while it is read.
  case memoryOrder(offset: UInt64, expected: UInt64)
  /// A guest of this name or UUID is there already.
  case domainExists(name: String)
  /// A disk of the archive has nowhere to go, or two have the same place.
  case noPlace(target: String)
  /// A disk was given a place and the archive does not hold it.
  case unknownTarget(target: String, known: [String])
  /// The guest is on another host, and its images with it.
  case notHere(uri: String)
  /// The definition names an image that the archive does not hold and that another guest may use.
  case diskElsewhere(target: String, path: String)
  /// A guest with this UUID is there already, under another name.
  case identityExists(uuid: String, name: String)
  /// A guest that is to be replaced runs, or has a managed save.
  case notReplaceable(name: String, reason: String)
  /// A guest that is brought up at once needs images that can stand on others.
  case instantNeedsOverlays
  /// A disk's data could not be pulled out of the archive; the reason is the first that the server gave.
  case notPulled(target: String, reason: String?)
  /// No QEMU serves the disks of a guest that is shut off.
  case nothingServes(domain: String, isHere: Bool)
  /// The guest's UEFI variables are in a file of another host.
  case nvramNotHere(domain: String, path: String)
  /// Nobody says where the overwritten data of a disk is to be kept on the guest's host.
  case noScratch(target: String)
  /// A scratch directory has so little room that a backup would have to be ended at once; bytes.
  case scratchTooSmall(directory: String, free: UInt64, needed: UInt64)
  /// A backup was ended before its scratch directory was full; bytes.
  case scratchFull(directory: String, free: UInt64)
  /// A backup job of libvirt's ended before all of it was read.
  case backupEnded(domain: String)
  /// A text names no address of a backup's server.
  case serverAddress(String, reason: String)
  /// The guest does not let go of a device of the host.
  case hostDeviceStays(name: String)
  /// The commit of an overlay ended before all of it was in the image below.
  case notCommitted(overlay: String, base: String)
  /// The guest of a restore that is taken back runs.
  case runsMeanwhile(name: String)
  /// A file of a restore that is taken back has been written to by somebody since.
  case writtenMeanwhile(path: String)
}

extension GuestArchiveError: CustomStringConvertible {
  /// One sentence for the person who asked.
  public var description: String {
    switch self {
    case .unknownDisk(let target, let domain, let known):
      "domain '\(domain)' has no disk '\(target)'; it has \(known.joined(separator: ", "))"
    case .noDisks(let domain):
      "domain '\(domain)' has no disk to archive"
    case .diskNotLocal(let target, let type):
      "disk '\(target)' is on a server (type '\(type)') and can be read through a running guest only; "
        + "use 'backup' while the guest runs, or leave the disk out with --exclude \(target)"
    case .driverWithoutMemory(let driver):
      "the \(driver) driver cannot save and restore a guest's memory"
    case .notRunning(let domain):
      "domain '\(domain)' is not running and so has no memory to archive; leave --memory out"
    case .paused(let domain):
      "domain '\(domain)' is paused, and QEMU could not let go of the overlays that this way needs; "
        + "'cold-snapshot \(domain)' archives its disks and memory and leaves it paused"
    case .hasManagedSave(let domain):
      "domain '\(domain)' has a managed save: its disks alone are of no use without it; archive both with "
        + "'cold-snapshot', or remove the save with 'managedsave-remove \(domain)'"
    case .managedSaveElsewhere(let uri):
      "where libvirt keeps managed saves is not known for '\(uri)'; run this on the guest's own host, or name the "
        + "directory with --save-directory"
    case .notQuiesced(let domain, let reason):
      "the file systems of domain '\(domain)' could not be frozen (\(reason)); nothing was archived; "
        + "--quiesce=try goes on without"
    case .perhapsFrozen(let domain, let reason):
      "the agent of domain '\(domain)' was told to freeze its file systems and does not answer (\(reason)), so they may be "
        + "frozen; nothing was archived; without --quiesce the agent is not asked"
    case .noDomain(let archive):
      "'\(archive)' holds no libvirt-domain.xml, so no guest can be made of it; 'vma extract' gives its disks"
    case .domainXML(let archive, let reason):
      "the libvirt-domain.xml in '\(archive)' cannot be used: \(reason)"
    case .noMemory(let archive):
      "'\(archive)' holds no memory of the guest; start it afresh with --start"
    case .memoryOrder(let offset, let expected):
      "the archive's memory stream goes on at byte \(offset) instead of \(expected): it is not in order; "
        + "take it out with 'vma extract' and put it back with 'save-image create' and 'restore'"
    case .domainExists(let name):
      "a domain '\(name)' is there already; choose another name with --name, or replace it with --force"
    case .noPlace(let target):
      "disk '\(target)' has no place of its own; name one with --disk \(target)=PATH, or --directory"
    case .unknownTarget(let target, let known):
      "the archive has no disk '\(target)'; it has \(known.joined(separator: ", "))"
    case .notHere(let uri):
      "'\(uri)' is another host's: a guest is archived where its images and libvirt's sockets are; "
        + "run snapsh there, with '--output -' through ssh where the archive is wanted here; the disks alone of a "
        + "running guest come with 'backup --nbd-address'"
    case .diskElsewhere(let target, let path):
      "the archive does not hold disk '\(target)', and the new guest would share '\(path)' with the old one; "
        + "name an image of its own with --disk \(target)=PATH"
    case .identityExists(let uuid, let name):
      "domain '\(name)' has the UUID \(uuid) already; choose a new name without --keep-identity, or undefine it"
    case .notReplaceable(let name, let reason):
      "domain '\(name)' \(reason), so it is not replaced"
    case .instantNeedsOverlays:
      "a guest that is brought up at once gets qcow2 images; leave --format out"
    case .notPulled(let target, let reason):
      "the data of disk '\(target)' could not be pulled out of the archive"
        + (reason.map { ": \($0)" } ?? "; QEMU's log in libvirt's directory has its reason")
    case .nothingServes(let domain, true):
      "domain '\(domain)' is not running, so no QEMU serves its disks; leave --nbd-address out"
    case .nothingServes(let domain, false):
      "domain '\(domain)' is not running, so no QEMU serves its disks, and its images are on another host; start it, "
        + "or run snapsh there"
    case .nvramNotHere(let domain, let path):
      "the UEFI variables of domain '\(domain)' are in '\(path)' on another host and cannot be read from here; run "
        + "snapsh there, or leave them out with --exclude nvram"
    case .noScratch(let target):
      "disk '\(target)' is no file with a directory of its own; name a directory of the guest's host with --scratch"
    case .scratchTooSmall(let directory, let free, let needed):
      "only \(free >> 20) MiB are free for what the guest overwrites meanwhile, in '\(directory)', and \(needed >> 20) MiB "
        + "are the least; make room, or name another directory with --scratch"
    case .scratchFull(let directory, let free):
      "the file system of '\(directory)', which takes what the guest overwrites meanwhile, has \(free >> 20) MiB left: the "
        + "backup was ended before the guest's own writes could fail; name a directory with more room with --scratch"
    case .backupEnded(let domain):
      "the backup job of domain '\(domain)' has ended before its disks were read to their end; somebody else may have "
        + "aborted it"
    case .serverAddress(let text, let reason):
      "'\(text)' is no address to fetch disks from: \(reason); write --nbd-address HOST, or HOST:PORT"
    case .hostDeviceStays(let name):
      "the guest does not let go of the host device \(name); look at what the guest itself says of it, or detach it "
        + "with 'detach-device'"
    case .notCommitted(let overlay, let base):
      "the commit of '\(overlay)' into '\(base)' ended by itself (a full or failing storage, or the guest was shut off); "
        + "QEMU's log tells more"
    case .runsMeanwhile(let name):
      "domain '\(name)' runs on what is to be taken back; stop it first"
    case .writtenMeanwhile(let path):
      "'\(path)' has been written to since it was restored, and is kept: move it away, or remove it if nobody needs it, "
        + "and ask again"
    }
  }
}
