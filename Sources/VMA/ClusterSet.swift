/// Which clusters of a device have been seen: one bit each, in pages that exist only where they are needed.
///
/// A page stands for 256 MiB of device. Pages below the point up to which everything was seen are given back,
/// so that a device in ascending order costs one page whatever its size. The pages of all sets of an archive
/// share a budget, because a hostile archive may scatter its clusters over 254 devices of 256 TiB.
struct ClusterSet {
  /// What all sets of one archive may take together, in bytes: 2^31 clusters, 128 TiB of device, in the worst order.
  static let defaultLimit = 256 << 20
  static let clustersPerPage = 4096
  /// A page's bits and what the dictionary and the array around it take, about.
  static let pageCost = clustersPerPage / 8 + 64

  private static let words = clustersPerPage / 64

  /// The number of clusters seen.
  private(set) var count: UInt64 = 0
  private var pages: [UInt32: [UInt64]] = [:]
  /// Bits set in `current`, which is the page last used, kept out of the dictionary.
  private var current: [UInt64]
  private var currentIndex: UInt32 = 0
  /// All pages below are full and no longer stored.
  private var fullBelow: UInt32 = 0

  init() {
    current = Array(repeating: 0, count: ClusterSet.words)
  }

  /// Bytes that the stored pages take, about.
  var cost: Int { pages.count * ClusterSet.pageCost }

  /// Adds a run of clusters inside one device, up to the first that had been seen before.
  ///
  /// - Parameters:
  ///   - first: the first cluster, less than 2^32.
  ///   - length: how many; `first + length` is at most 2^32.
  /// - Returns: the first cluster that was there already, or nil when all are new.
  mutating func insert(first: UInt64, length: UInt64) -> UInt64? {
    var cluster = first
    var left = length
    while left > 0 {
      let page = UInt32(truncatingIfNeeded: cluster / UInt64(ClusterSet.clustersPerPage))
      guard page >= fullBelow else { return cluster }
      if page != currentIndex { turn(to: page) }
      let bit = Int(cluster % UInt64(ClusterSet.clustersPerPage))
      let run = min(64 - bit % 64, Int(min(left, 64)))
      let mask = (run == 64 ? UInt64.max : (1 << UInt64(run)) - 1) << UInt64(bit % 64)
      let seen = current[bit / 64] & mask
      let fresh = seen == 0 ? mask : mask & ((1 << UInt64(seen.trailingZeroBitCount)) - 1)
      current[bit / 64] |= fresh
      count += UInt64(fresh.nonzeroBitCount)
      guard seen == 0 else { return cluster - UInt64(bit % 64) + UInt64(seen.trailingZeroBitCount) }
      cluster += UInt64(run)
      left -= UInt64(run)
    }
    return nil
  }

  /// The first cluster below `total` that was not seen.
  func firstMissing(below total: UInt64) -> UInt64? {
    var cluster = UInt64(fullBelow) * UInt64(ClusterSet.clustersPerPage)
    while cluster < total {
      let index = UInt32(truncatingIfNeeded: cluster / UInt64(ClusterSet.clustersPerPage))
      guard let page = index == currentIndex ? current : pages[index] else { return cluster }
      for word in page {
        if word != .max {
          let missing = cluster + UInt64((~word).trailingZeroBitCount)
          return missing < total ? missing : nil
        }
        cluster += 64
      }
    }
    return nil
  }

  /// Puts the current page away and makes another one current.
  private mutating func turn(to page: UInt32) {
    if currentIndex >= fullBelow {
      pages[currentIndex] = current
      while pages[fullBelow]?.allSatisfy({ $0 == .max }) == true {
        pages[fullBelow] = nil
        fullBelow += 1
      }
      // A page that nobody marked need not be kept.
      if pages[currentIndex]?.allSatisfy({ $0 == 0 }) == true { pages[currentIndex] = nil }
    }
    current = pages.removeValue(forKey: page) ?? Array(repeating: 0, count: ClusterSet.words)
    currentIndex = page
  }
}
