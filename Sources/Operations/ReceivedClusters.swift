import VMA

/// What has become of each cluster of a disk while it is being received.
///
/// Pages of 4096 clusters (256 MiB) that are in one state throughout take no room, so that a disk written from front to
/// back, or zeroed as a whole, costs one page whatever its size; the worst is a byte for each cluster. A class, because a
/// copy would be dear and nobody needs one.
final class ReceivedClusters {
  enum State: UInt8, CaseIterable {
    /// Nobody has written to it.
    case untouched
    /// It reads as zeros and is in no extent yet, so that it can still be written.
    case zeroed
    /// Parts of it have come.
    case gathering
    /// It is in the archive, which cannot be changed.
    case archived
  }

  static let clustersPerPage: UInt64 = 4096

  private enum Page {
    case uniform(State)
    case mixed([UInt8], counts: [Int])
  }

  /// Clusters of the disk.
  let count: UInt64
  private var pages: [Page]
  private var totals: [UInt64]

  init(count: UInt64) {
    self.count = count
    let pageCount = (count + Self.clustersPerPage - 1) / Self.clustersPerPage
    pages = Array(repeating: .uniform(.untouched), count: Int(pageCount))
    totals = [count, 0, 0, 0]
  }

  /// How many clusters are in a state.
  func count(of state: State) -> UInt64 { totals[Int(state.rawValue)] }

  /// The state of a cluster, and the end of the run of clusters around it that are known to be in it, up to `limit`.
  func run(at cluster: UInt64, limit: UInt64) -> (state: State, end: UInt64) {
    let state = self[cluster]
    var end = cluster + 1
    while end < limit {
      let page = Int(end / Self.clustersPerPage)
      if case .uniform(let other) = pages[page] {
        guard other == state else { return (state, end) }
        end = min(limit, UInt64(page + 1) * Self.clustersPerPage)
      } else {
        guard self[end] == state else { return (state, end) }
        end += 1
      }
    }
    return (state, end)
  }

  subscript(cluster: UInt64) -> State {
    switch pages[Int(cluster / Self.clustersPerPage)] {
    case .uniform(let state): state
    case .mixed(let states, _): State(rawValue: states[Int(cluster % Self.clustersPerPage)]) ?? .untouched
    }
  }

  /// Puts a run of clusters into a state.
  func set(_ clusters: Range<UInt64>, to state: State) {
    var next = clusters.lowerBound
    while next < clusters.upperBound {
      let page = Int(next / Self.clustersPerPage)
      let start = UInt64(page) * Self.clustersPerPage
      let size = min(Self.clustersPerPage, count - start)
      let end = min(clusters.upperBound, start + size)
      set(page, Int(next - start)..<Int(end - start), of: Int(size), to: state)
      next = end
    }
  }

  private func set(_ page: Int, _ range: Range<Int>, of size: Int, to state: State) {
    var states: [UInt8]
    var counts: [Int]
    switch pages[page] {
    case .uniform(let old):
      guard old != state else { return }
      counts = State.allCases.map { $0 == old ? size : 0 }
      states = range.count == size ? [] : Array(repeating: old.rawValue, count: size)
    case .mixed(let oldStates, let oldCounts):
      states = oldStates
      counts = oldCounts
      // The array must have one owner, or each write would copy it.
      pages[page] = .uniform(state)
    }
    let before = counts
    if range.count == size {
      counts = State.allCases.map { $0 == state ? size : 0 }
    } else {
      for index in range {
        counts[Int(states[index])] -= 1
        states[index] = state.rawValue
      }
      counts[Int(state.rawValue)] += range.count
    }
    for index in totals.indices {
      totals[index] = totals[index] + UInt64(counts[index]) - UInt64(before[index])
    }
    pages[page] = counts[Int(state.rawValue)] == size ? .uniform(state) : .mixed(states, counts: counts)
  }
}
