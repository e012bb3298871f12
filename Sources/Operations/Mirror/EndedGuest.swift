import DiskIO
import Libvirt
import XMLTree

/// A guest without a definition that has ended while its disks were moving: libvirt has forgotten it, and with it where
/// each disk was. The move's journal knows.
struct EndedGuest {
  /// Where the newest data of a disk is.
  enum Place: Equatable {
    case image(DiskChain.Image)
    /// The guest ended just when it was to leave the first for the second, and the two differ.
    case undecided(DiskChain.Image, DiskChain.Image)
  }

  let parameters: StorageMigration.Parameters
  /// The step begun last, and its turn.
  let begun: Int
  let turn: OperationJournal.Turn?
  /// The step with which the first disk goes over.
  let firstPivot: Int

  /// Each disk with its place, in the order of the move.
  ///
  /// - Throws: `DiskIOError` where images cannot be compared.
  func places() throws -> [(target: String, place: Place)] {
    try parameters.disks.enumerated().compactMap { index, disk in
      guard let before = parameters.snapshot.disks.first(where: { $0.target == disk.target }) else {
        return nil
      }
      return (disk.target, try place(of: disk, at: index, before: before))
    }
  }

  private func place(
    of disk: StorageMigration.Parameters.Disk, at index: Int, before: MirroredSnapshot.Parameters.Disk
  ) throws -> Place {
    let overlay = DiskChain.Image(path: before.overlay, format: before.format)
    let mirror = DiskChain.Image(path: disk.mirror, format: "qcow2")
    let pivot = firstPivot + index
    if begun < pivot || (begun == pivot && turn == nil) {
      // Before the snapshot there is no overlay, and a failed creation has removed it.
      return .image(StorageCheck.exists(overlay.path) ? overlay : before.base)
    }
    if begun == pivot && turn == .pending { return try choice(between: overlay, and: mirror) }
    // One more step in between: the snapshot is forgotten.
    let merge = firstPivot + parameters.disks.count + 1 + index
    guard !parameters.keepsOverlay, begun >= merge, let top = disk.layers.first?.destination,
      begun > merge || turn != nil
    else { return .image(mirror) }
    if begun == merge && turn == .pending, StorageCheck.exists(mirror.path) {
      // Nothing but the merge writes to the lower image before the guest leaves the upper one.
      if OrphanedOverlay.isNewer(mirror.path, than: top.path) { return .image(mirror) }
      return try choice(between: mirror, and: top)
    }
    return .image(top)
  }

  private func choice(between one: DiskChain.Image, and other: DiskChain.Image) throws -> Place {
    let isSame = try QemuImage.isSame(
      (one.path, ImageFormat(one.format)), (other.path, ImageFormat(other.format)))
    return isSame ? .image(one) : .undecided(one, other)
  }

  /// The domain's definition, with its disks where they ended.
  ///
  /// - Parameter kept: The definition as it was before the move.
  /// - Throws: ``MirrorError`` `.undecidedMove`, `DiskIOError`, `XMLError`.
  /// - Returns: The document.
  func definition(from kept: String) throws -> String {
    var images: [String: DiskChain.Image] = [:]
    for (target, place) in try places() {
      switch place {
      case .image(let image): images[target] = image
      case .undecided(let one, let other):
        throw MirrorError.undecidedMove(disk: target, domain: parameters.domain ?? "", one.path, other.path)
      }
    }
    var root = try XMLDocument.parse(kept).root
    root.editDisks { target, disk in
      // Only what the disk was before may be a block device: overlays are files.
      guard let image = images[target], disk.firstElement(named: "source")?.attribute("dev") != image.path
      else { return }
      disk.putDisk(on: image.path, format: image.format)
    }
    return root.text(layout: .libvirt)
  }
}
