extension ArchiveContent {
  /// The run of clusters that holds a byte: where it ends, and the extent that describes it unless all is zero.
  ///
  /// - Throws: ``VMAError`` for a cluster that the archive does not have.
  func place(
    of offset: UInt64, ofDevice position: Int
  ) throws(VMAError) -> (end: UInt64, map: ExtentMap?) {
    let device = index.devices[position]
    let cluster = offset / UInt64(Layout.clusterSize)
    let place = device.runIndex(atOrAfter: cluster)
    guard device.runs.indices.contains(place), UInt64(device.runs[place].first) <= cluster else {
      throw VMAError(.clusterAbsent(device: device.device.name, cluster: cluster))
    }
    let run = device.runs[place]
    let end = (UInt64(run.last) + 1) * UInt64(Layout.clusterSize)
    return (end, run.isZero ? nil : try map(of: run.place))
  }
}
