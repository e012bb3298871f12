/// Clusters of a device, one behind the other, that one extent describes or that are all zero: 16 bytes of an index.
struct ClusterRun: Equatable, Sendable {
  /// The place of a run of zeros, whichever extents describe it.
  static let zero = UInt64.max

  /// The first cluster.
  let first: UInt32
  /// The last one, so that all 2^32 of a device fit into one run.
  var last: UInt32
  /// The number of the extent that describes them, or ``zero``.
  let place: UInt64

  var isZero: Bool { place == Self.zero }

  var count: UInt64 { UInt64(last) - UInt64(first) + 1 }
}

/// The runs of one device as they are found, in the order of the archive, and then in that of the device.
struct ClusterRuns {
  private(set) var runs: [ClusterRun] = []
  private var isAscending = true

  /// Takes the next cluster that the archive describes.
  ///
  /// - Parameters:
  ///   - cluster: its number.
  ///   - isZero: whether none of its blocks is stored.
  ///   - extent: the number of the extent that describes it.
  mutating func take(cluster: UInt32, isZero: Bool, extent: UInt64) {
    if let before = runs.last {
      // A zero cluster belongs to any run that it continues: the extent's header tells it apart again.
      let continues = before.place == extent || before.isZero && isZero
      if continues, before.last != .max, before.last + 1 == cluster {
        runs[runs.count - 1].last = cluster
        return
      }
      if cluster <= before.last { isAscending = false }
    }
    runs.append(ClusterRun(first: cluster, last: cluster, place: isZero ? ClusterRun.zero : extent))
  }

  /// The runs by their clusters, zeros that adjoin joined.
  ///
  /// No two of them overlap, because whoever feeds them has refused clusters that occur twice.
  consuming func ordered() -> [ClusterRun] {
    guard !isAscending else { return runs }
    var sorted = runs
    sorted.sort { $0.first < $1.first }
    var joined = 0
    for run in sorted.dropFirst() {
      if run.isZero, sorted[joined].isZero, UInt64(sorted[joined].last) + 1 == UInt64(run.first) {
        sorted[joined].last = run.last
      } else {
        joined += 1
        sorted[joined] = run
      }
    }
    sorted.removeLast(max(0, sorted.count - 1 - joined))
    return sorted
  }
}
