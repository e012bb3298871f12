import XMLTree

/// Tells whether a document survives being read, written and read again.
public struct SnapshotRoundTrip {
  private let mode: SnapshotDocument.Mode?

  /// - Parameter mode: How the document is read, nil to choose the way that fits it.
  public init(mode: SnapshotDocument.Mode? = nil) {
    self.mode = mode
  }

  /// What goes wrong on the way.
  ///
  /// - Parameter document: A document of any kind.
  /// - Returns: Problems of the check ``SnapshotProblem/Check/rules`` where the document cannot be read at all, of
  ///   ``SnapshotProblem/Check/roundTrip`` where it changes; none where it survives.
  public func problems(in document: XMLDocument) -> [SnapshotProblem] {
    let mode = mode ?? .fitting(document.root)
    let first: SnapshotDocument
    do {
      first = try SnapshotDocument(document, mode: mode, allowMirrors: true)
    } catch {
      return [SnapshotProblem(.rules, line: error.line, elementPath: error.elementPath, error.message)]
    }
    let written = first.bytes()
    let second: SnapshotDocument
    do {
      second = try SnapshotDocument.parse(written, mode: mode, allowMirrors: true)
    } catch {
      return [problem("what is written of it cannot be read again: line \(error.line): \(error.message)")]
    }
    let changed = first.parts(differingFrom: second)
    if !changed.isEmpty {
      return [problem("after a round trip the document has another \(changed.joined(separator: ", "))")]
    }
    return firstDifference(written, second.bytes()).map { [problem($0)] } ?? []
  }

  private func problem(_ message: String) -> SnapshotProblem {
    SnapshotProblem(.roundTrip, elementPath: "/domainsnapshot", message)
  }

  private func firstDifference(_ first: [UInt8], _ second: [UInt8]) -> String? {
    guard first != second else { return nil }
    let before = first.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    let after = second.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    let line = zip(before, after).prefix { $0 == $1 }.count
    func text(_ lines: [ArraySlice<UInt8>]) -> String {
      lines.indices.contains(line) ? "'\(String(decoding: lines[line], as: UTF8.self))'" : "nothing"
    }
    return "written a second time, line \(line + 1) is \(text(after)) where it was \(text(before))"
  }
}

extension SnapshotDocument {
  /// The names of the parts in which two snapshots differ.
  func parts(differingFrom other: SnapshotDocument) -> [String] {
    let comparisons: [(String, Bool)] = [
      ("name", name == other.name), ("description", description == other.description),
      ("state", state == other.state), ("parent", parentName == other.parentName),
      ("creationTime", creationTime == other.creationTime), ("memory", memory == other.memory),
      ("disks", disks == other.disks), ("revertDisks", revertDisks == other.revertDisks),
      ("domain", domain == other.domain), ("inactiveDomain", inactiveDomain == other.inactiveDomain),
      ("cookie", cookie == other.cookie), ("active", isActive == other.isActive),
    ]
    return comparisons.filter { !$0.1 }.map(\.0)
  }
}
