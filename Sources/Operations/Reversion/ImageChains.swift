import DiskIO

/// Which images stand on which, as their headers say; each is asked once.
final class ImageChains {
  private var known: [String: (images: [DiskChain.Image], failure: DiskIOError?)] = [:]
  /// Why the first of all chains that were asked for could not be followed to its end; `nil` where all could.
  private(set) var failure: DiskIOError?

  /// An image and all below it, uppermost first; images that are no plain file end the chain.
  ///
  /// - Throws: ``DiskIOError``, for a file that is gone too.
  func chain(of image: DiskChain.Image) throws(DiskIOError) -> [DiskChain.Image] {
    let found = read(image)
    if let failure = found.failure { throw failure }
    return found.images
  }

  /// The paths of a chain as far down as it can be read. What is missing may be what somebody stands on: good enough to tell
  /// of, never to decide what is written to or goes.
  func visiblePaths(of image: DiskChain.Image) -> [String] {
    read(image).images.map(\.path)
  }

  private func read(_ image: DiskChain.Image) -> (images: [DiskChain.Image], failure: DiskIOError?) {
    if let found = known[image.path] { return found }
    var chain = [image]
    var reason: DiskIOError?
    do throws(DiskIOError) {
      // A chain longer than this is a loop.
      while let last = chain.last, chain.count < 256, let below = try Self.below(last) { chain.append(below) }
    } catch {
      reason = error
      failure = failure ?? error
    }
    known[image.path] = (chain, reason)
    return (chain, reason)
  }

  /// Whether an image of this format can stand on another one.
  static func mayStand(_ image: DiskChain.Image) -> Bool {
    ["qcow2", "qed", "qcow"].contains(image.format)
  }

  private static func below(_ image: DiskChain.Image) throws(DiskIOError) -> DiskChain.Image? {
    guard mayStand(image) else { return nil }
    let header = try QemuImage.information(path: image.path, format: ImageFormat(image.format))
    guard let path = header.backingPath else { return nil }
    guard let format = header.backingFormat else {
      throw DiskIOError.backingFormatMissing(path: image.path, backing: path)
    }
    return DiskChain.Image(path: path, format: format)
  }
}
