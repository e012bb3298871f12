import DiskIO
import SystemPackage

/// Images of this host, each looked at once.
///
/// Guests share base images, and snapshots share chains: an image is asked for again and again.
final class ImageShelf {
  /// Whether the hypervisor's paths are paths of this host.
  let isLocal: Bool
  private var known: [BackingLayer.Place: Result<ImageInformation, DiskIOError>] = [:]

  init(isLocal: Bool) {
    self.isLocal = isLocal
  }

  /// What an image's header says.
  ///
  /// - Throws: `DiskIOError` `.toolMissing`, which is nothing that an image could be blamed for.
  /// - Returns: `nil` where the image is out of reach.
  func information(
    of place: BackingLayer.Place, format: String
  ) throws(DiskIOError) -> Result<ImageInformation, DiskIOError>? {
    guard isLocal && place.isPath else { return nil }
    if let found = known[place] { return found }
    let result: Result<ImageInformation, DiskIOError>
    do throws(DiskIOError) {
      result = .success(try QemuImage.information(path: place.name, format: ImageFormat(format)))
    } catch {
      if case .toolMissing = error { throw error }
      result = .failure(error)
    }
    known[place] = result
    return result
  }

  /// Bytes that an image takes on its storage, without reading it.
  ///
  /// - Returns: `nil` where the image is out of reach, or the host has no number for it.
  func allocatedSize(of place: BackingLayer.Place) -> Result<UInt64?, DiskIOError>? {
    guard isLocal && place.isPath else { return nil }
    do throws(DiskIOError) {
      return .success(try QemuImage.allocatedSize(path: place.name))
    } catch {
      return .failure(error)
    }
  }
}

extension BackingLayer {
  /// Writes down why an image could not be read.
  mutating func fail(_ error: DiskIOError) {
    if case .system(_, _, .noSuchFileOrDirectory, _) = error {
      problem = .missing
    } else {
      problem = .unreadable(error.description)
    }
  }
}
