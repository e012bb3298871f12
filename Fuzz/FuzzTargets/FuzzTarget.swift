/// A parser of bytes that come from elsewhere, as a function that must neither crash nor break a promise.
public enum FuzzTarget: String, CaseIterable, Sendable {
  /// A VMA archive: header and extents, as they are and with their checksums made right.
  case archive = "vma"
  /// What an NBD client sends, from the handshake on.
  case nbdClient = "nbd"
  /// libvirt's save image, and the migration stream within.
  case saveImage = "save-image"
  /// `<domainsnapshot>`: parsed, judged, formatted, and parsed again.
  case snapshotXML = "snapshot-xml"

  /// Takes one input. A broken promise stops the process, as a crash does.
  public func run(_ bytes: UnsafeRawBufferPointer) {
    switch self {
    case .archive: ArchiveFuzzing.run(bytes)
    case .nbdClient: NBDClientFuzzing.run(bytes)
    case .saveImage: SaveImageFuzzing.run(bytes)
    case .snapshotXML: SnapshotXMLFuzzing.run(bytes)
    }
  }
}
