import XMLTree

/// How libvirt's parser is to read the documents that are examined.
public struct SnapshotRules: Equatable, Sendable {
  /// The way of reading, nil to choose the one that fits each document.
  public var mode: SnapshotDocument.Mode?
  /// Whether `<mirror>` is taken, as snapsh does, or refused, as libvirt does.
  public var allowsMirrors: Bool

  /// Makes rules.
  public init(mode: SnapshotDocument.Mode? = nil, allowsMirrors: Bool = true) {
    self.mode = mode
    self.allowsMirrors = allowsMirrors
  }

  /// Every rule a document breaks, in the order in which libvirt would come upon them.
  func problems(in document: XMLDocument) -> [SnapshotProblem] {
    SnapshotXMLRules.problems(
      in: document, mode: mode ?? .fitting(document.root), allowMirrors: allowsMirrors
    ).map { SnapshotProblem(.rules, line: $0.line, elementPath: $0.elementPath, $0.message) }
  }
}

extension SnapshotDocument.Mode {
  /// The way of reading that fits what a document is.
  ///
  /// What libvirt prints always has a state and a creation time, and is held to what a redefinition needs; with
  /// `<active>` beside them it is one of libvirt's own metadata files. Everything else is taken as what somebody wrote:
  /// nothing is required of it, but all that is there must be right.
  public static func fitting(_ root: XMLElement) -> SnapshotDocument.Mode {
    guard root.firstElement(named: "state") != nil, root.firstElement(named: "creationTime") != nil else {
      return .any
    }
    return root.firstElement(named: "active") == nil ? .redefine : .internalMetadata
  }
}
