import Libvirt

/// One thing asked of one domain, done, as virsh tells it.
struct DomainRequest {
  private let found: Domain

  /// Finds the domain and makes the call.
  ///
  /// - Parameters:
  ///   - verb: What is asked, for the failure: `Failed to VERB domain 'NAME'`.
  ///   - domain: What the person called the domain.
  ///   - session: Has the connection.
  ///   - call: The call.
  /// - Throws: ``CommandFailure``.
  init(
    _ verb: String, of domain: String, in session: Session, call: (Domain) throws(LibvirtError) -> Void
  ) throws {
    found = try session.domain(domain)
    try session.waitForExclusiveJob(of: found)
    do {
      try call(found)
    } catch {
      throw CommandFailure("Failed to \(verb) domain '\(domain)'", cause: error)
    }
  }

  /// What is said of it.
  func result(_ sentence: String, action: String) throws -> Sentence<DomainAction> {
    Sentence(sentence, fields: DomainAction(domain: found.name, uuid: try found.uuid(), action: action))
  }
}
