import Compression
import SystemPackage
import VMA

/// What keeps an archive from being made or taken apart, apart from errors of disks.
public enum ArchiveOperationError: Error, Equatable, Sendable {
  /// The archive at `path` is faulty, or cannot be read or written.
  case archive(path: String, VMAError)
  /// The file at `path` cannot be compressed or decompressed.
  case compression(path: String, CompressionError)
  /// The file at `path` is compressed, and something else than an archive is in it.
  case notAnArchiveInside(path: String, CompressionFormat)
  /// The file at `path` is neither an archive nor a compressed one.
  case notAnArchive(path: String)
  /// What is at `path` can only be read front to back: it is compressed, or no file.
  case notRandomAccess(path: String, CompressionFormat?)
  /// An index would take the place of a file that is none.
  case notAnIndex(path: String)
  /// A stretch of a device that reaches past its end; all in bytes.
  case rangeOutside(device: String, end: UInt64, size: UInt64)
  /// Fewer bytes of a stretch came than it has.
  case rangeIncomplete(have: UInt64, want: UInt64)
  /// An archive of configs alone has no device that could be served.
  case nothingToServe(path: String)
  /// One overlay is to be kept, and several devices are served.
  case overlayOfSeveral(devices: [String])
  /// An overlay that was kept belongs to another archive or device.
  case overlayOfOther(path: String, device: String)
  /// The archive lacks clusters of a device.
  case incomplete(path: String, device: String, clusters: UInt64)
  /// The stretch that is wanted does not come in order out of what can only be read front to back.
  case rangeOutOfOrder(path: String)
  /// A directory of plain files lacks one.
  case directoryIncomplete(path: String, missing: String)
  /// A plain file has another length in bytes than `snapsh.json` beside it says.
  case directorySize(path: String, have: UInt64, want: UInt64)
  /// A file that must be a qcow2 image is none.
  case imageNotQcow2(path: String)
  /// An image that came from elsewhere refers to another file.
  case imageRefersToFile(path: String)
  /// A file of configuration, the map pipe or a directory failed. `operation` completes "cannot …".
  case file(operation: String, path: String, errno: Errno)
  /// A config file has more than the 65535 bytes that an archive can hold.
  case configTooLarge(path: String)
  /// A path that ends in no file name, so that a config would have none.
  case configWithoutName(path: String)
  /// Neither disks nor configs were given.
  case nothingToArchive
  /// More devices than the format's 254.
  case tooManyDevices(Int)
  /// Names in a list of devices that the archive does not hold.
  case unknownDevices([String], known: [String])
  /// The directory that is extracted into cannot be made.
  case targetDirectory(path: String, errno: Errno)
  /// An existing target has another size (bytes) than the disk.
  case targetSize(device: String, path: String, have: UInt64, want: UInt64)
  /// A target of one disk is the target of another, too, perhaps under another name.
  case targetTwice(device: String, path: String)
  /// No target was named for a disk, and it was not skipped.
  case noTarget(device: String)
  /// A line of the device map is wrong. `reason` is in the words of Proxmox's tool.
  case map(reason: String)
  /// The archive says that its memory stream is longer than what it holds (bytes).
  case memoryLength(recorded: UInt64, held: UInt64)
}

extension ArchiveOperationError: CustomStringConvertible {
  /// One sentence for the person who asked.
  public var description: String {
    switch self {
    case .archive(let path, let error):
      "'\(path)': \(error)"
    case .compression(let path, let error):
      "'\(path)': \(error)"
    case .directoryIncomplete(let path, let missing):
      "'\(path)' has no '\(missing)', so it is no whole directory of 'backup --output-directory' or 'vma extract'"
    case .directorySize(let path, let have, let want):
      "'\(path)' has \(have) bytes where snapsh.json says \(want): it was not copied whole"
    case .imageNotQcow2(let path):
      "'\(path)' is no qcow2 image"
    case .imageRefersToFile(let path):
      "'\(path)' refers to another file, which a restored guest would get to read; "
        + "flatten it with 'qemu-img convert' if that is meant"
    case .notAnArchive(let path):
      "'\(path)' is no VMA archive"
    case .notAnIndex(let path):
      "'\(path)' is there and is no index, so it is not replaced; name another file, or remove it"
    case .notRandomAccess(let path, nil):
      "'\(path)' is no file, so it can only be read from its beginning to its end; copy it to a file first"
    case .notRandomAccess(let path, let format?):
      "'\(path)' is compressed with \(format.rawValue) as one piece, of which nothing can be reached without "
        + "decompressing all before it; unpack it first, with '\(format.decompressor) FILE > PLAIN'"
    case .nothingToServe(let path):
      "'\(path)' has no devices, so there is nothing to serve"
    case .overlayOfSeveral(let devices):
      "an overlay is of one device, and \(quoted(devices)) are to be served; choose one with --device"
    case .overlayOfOther(let path, let device):
      "'\(path)' is no overlay of device '\(device)' of this archive, and above another it would be nonsense; "
        + "name a new file"
    case .incomplete(let path, let device, let clusters):
      "'\(path)' lacks \(clusters) \(clusters == 1 ? "cluster" : "clusters") of device '\(device)', so it is "
        + "not whole; take another copy"
    case .rangeOutOfOrder(let path):
      "the clusters of '\(path)' are in no order, so they cannot be written out one behind the other; name a file "
        + "instead of -"
    case .rangeOutside(let device, let end, let size):
      "device '\(device)' has \(size) bytes, and the range reaches to byte \(end)"
    case .rangeIncomplete(let have, let want):
      "only \(have) of the \(want) bytes of the range came on the way through the archive; unpack it to a plain file first"
    case .notAnArchiveInside(let path, let format):
      "'\(path)' is compressed with \(format.rawValue), and what is in it is no VMA archive"
    case .file(let operation, let path, let errno):
      "cannot \(operation) '\(path)': \(errno)"
    case .configTooLarge(let path):
      "'\(path)' is longer than the 65535 bytes that an archive can hold of a config; split it"
    case .configWithoutName(let path):
      "'\(path)' has no file name that a config could be stored under"
    case .nothingToArchive:
      "there is nothing to archive; name disks with -d or configs with -c"
    case .tooManyDevices(let count):
      "an archive holds at most 254 devices, and \(count) were given"
    case .unknownDevices(let names, let known):
      "the archive has no device \(quoted(names)); it has \(known.isEmpty ? "none" : quoted(known))"
    case .targetDirectory(let path, let errno):
      "unable to create target directory \(path) - \(errno)"
    case .targetSize(let device, let path, let have, let want):
      "vma_reader_register_bs for stream \(device) failed - unexpected size \(have) != \(want): "
        + "'\(path)' must be as large as the disk, or up to 4 MiB larger"
    case .targetTwice(let device, let path):
      "'\(path)', named for \(device), is the target of another disk already; each needs one of its own"
    case .noTarget(let device):
      "no device name mapping for \(device)"
    case .map(let reason):
      "read map failed - \(reason)"
    case .memoryLength(let recorded, let held):
      "the archive claims \(recorded) bytes of memory stream and holds only \(held)"
    }
  }

  private func quoted(_ names: [String]) -> String {
    names.map { "'\($0)'" }.joined(separator: ", ")
  }

  /// Runs a step on an archive and names the archive in its errors.
  static func naming<Result>(_ path: String, _ step: () throws -> Result) throws -> Result {
    do { return try step() } catch let error as VMAError {
      throw ArchiveOperationError.archive(path: path, error)
    } catch let error as CompressionError {
      throw ArchiveOperationError.compression(path: path, error)
    }
  }
}
