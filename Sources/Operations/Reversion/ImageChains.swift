import DiskIO

/// Which images stand on which, as their headers say; each is asked once.
final class ImageChains {
  private var known: [String: [DiskChain.Image]] = [:]

  /// An image and all below it, uppermost first; images that are no plain file end the chain.
  ///
  /// - Throws: ``DiskIOError``, for a file that is gone too.
  func chain(of image: DiskChain.Image) throws -> [DiskChain.Image] {
    if let chain = known[image.path] { return chain }
    var chain = [image]
    // A chain longer than this is a loop.
    while let last = chain.last, chain.count < 256, ["qcow2", "qed", "qcow"].contains(last.format) {
      let header = try QemuImage.information(path: last.path, format: ImageFormat(last.format))
      guard let path = header.backingPath else { break }
      guard let format = header.backingFormat else {
        throw DiskIOError.backingFormatMissing(path: last.path, backing: path)
      }
      chain.append(DiskChain.Image(path: path, format: format))
    }
    known[image.path] = chain
    return chain
  }

  /// The paths of a chain; only the image itself where it cannot be read.
  func paths(of image: DiskChain.Image) -> [String] {
    ((try? chain(of: image)) ?? [image]).map(\.path)
  }
}
