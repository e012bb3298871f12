import DiskIO
import Foundation
import TestSupport

/// The whole disk by its runs: data as read, holes as zeros.
func contents(of source: any DiskSource) throws -> [UInt8] {
  var bytes = [UInt8](repeating: 0xaa, count: Int(source.size))
  for run in try runs(of: source) {
    let range = Int(run.offset)..<Int(run.end)
    if run.isData {
      try bytes.withUnsafeMutableBytes {
        try source.read(into: UnsafeMutableRawBufferPointer(rebasing: $0[range]), at: run.offset)
      }
    } else {
      bytes.replaceSubrange(range, with: repeatElement(0, count: range.count))
    }
  }
  return bytes
}

/// The runs of a disk, adjacent ones of a kind put together.
func runs(of source: any DiskSource) throws -> [DiskExtent] {
  var runs: [DiskExtent] = []
  var offset: UInt64 = 0
  while offset < source.size {
    let run = try source.extent(at: offset)
    if let last = runs.last, last.isData == run.isData {
      runs[runs.count - 1].length += run.length
    } else {
      runs.append(run)
    }
    offset = run.end
  }
  return runs
}

extension TemporaryDirectory {
  /// The names right in the directory, hidden ones included, in order.
  var entries: [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).sorted()
  }
}
