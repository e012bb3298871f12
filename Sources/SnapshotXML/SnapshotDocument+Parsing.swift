import XMLTree

extension SnapshotDocument {
  /// Reads a snapshot from an XML document, with libvirt 9.0's rules (`virDomainSnapshotDefParse`).
  ///
  /// What libvirt infers is inferred: a disk with a source path, a format or a mirror is external, memory with a file is
  /// external, a redefined snapshot's missing memory follows from its state. Elements nobody knows are ignored, as libvirt
  /// does without `VALIDATE`; a schema finds those.
  /// - Parameters:
  ///   - document: the parsed text.
  ///   - mode: which way of reading applies.
  ///   - allowMirrors: whether the caller can act on `<mirror>`; libvirt cannot.
  /// - Throws: the first fault that libvirt would find, as ``SnapshotXMLError``.
  public init(_ document: XMLDocument, mode: Mode, allowMirrors: Bool) throws(SnapshotXMLError) {
    var reader = SnapshotReader(document: document, mode: mode, allowMirrors: allowMirrors)
    self = reader.read()
    if let first = reader.problems.first { throw first }
  }

  /// Reads a snapshot from the bytes of a text.
  /// - Parameters:
  ///   - bytes: the whole text, in the encoding it declares.
  ///   - fileName: what to call the text in messages.
  ///   - mode: which way of reading applies.
  ///   - allowMirrors: whether the caller can act on `<mirror>`.
  /// - Returns: the snapshot as libvirt would hold it.
  /// - Throws: the first fault as ``SnapshotXMLError``; its ``SnapshotXMLError/cause`` is set when the text is no XML.
  public static func parse(
    _ bytes: [UInt8], fileName: String? = nil, mode: Mode, allowMirrors: Bool
  ) throws(SnapshotXMLError) -> SnapshotDocument {
    let document: XMLDocument
    do {
      document = try XMLDocument.parse(bytes, fileName: fileName)
    } catch {
      throw SnapshotXMLError(malformed: error)
    }
    return try SnapshotDocument(document, mode: mode, allowMirrors: allowMirrors)
  }
}

/// The rules of `<domainsnapshot>` beyond its schema.
public enum SnapshotXMLRules {
  /// Everything about a document that breaks a rule, in the order libvirt would come upon it.
  ///
  /// Beyond what parsing finds, this looks for what libvirt refuses as soon as it lays the request beside the guest's
  /// disks, as far as it shows in the document alone: a disk named twice, and a file for a disk that is not external.
  /// - Returns: the problems, none when all rules are kept.
  public static func problems(
    in document: XMLDocument, mode: SnapshotDocument.Mode, allowMirrors: Bool
  ) -> [SnapshotXMLError] {
    var reader = SnapshotReader(document: document, mode: mode, allowMirrors: allowMirrors)
    let snapshot = reader.read()
    reader.checkDisksAmongThemselves(snapshot)
    return reader.problems
  }
}
