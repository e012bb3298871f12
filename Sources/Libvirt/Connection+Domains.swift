import CLibvirt

/// Finding and defining domains.
extension Connection {
  /// The ways in which a person names a domain.
  public struct LookupKeys: OptionSet, Sendable {
    /// One bit per way.
    public let rawValue: Int

    /// Wraps bits.
    public init(rawValue: Int) {
      self.rawValue = rawValue
    }

    /// The number of a running domain.
    public static let id = LookupKeys(rawValue: 1)
    /// The UUID, 36 characters.
    public static let uuid = LookupKeys(rawValue: 2)
    /// The name.
    public static let name = LookupKeys(rawValue: 4)
    /// All of them.
    public static let any: LookupKeys = [.id, .uuid, .name]
  }

  /// Finds a domain the way virsh does: a number is first taken as an ID, 36 characters as a UUID, anything as a name.
  ///
  /// - Throws: ``LibvirtError`` of the last way tried, mostly ``LibvirtError/Code/noDomain``.
  public func domain(_ text: String, by keys: LookupKeys = .any) throws(LibvirtError) -> Domain {
    if keys.contains(.id), let id = Int32(text), id >= 0, let found = try? domain(id: id) { return found }
    if keys.contains(.uuid), text.utf8.count == 36, let found = try? domain(uuid: text) { return found }
    guard keys.contains(.name) else {
      throw LibvirtError(code: .noDomain, domain: .domain, message: "Domain not found: '\(text)'")
    }
    return try domain(named: text)
  }

  /// Finds a domain by its name (`virDomainLookupByName`).
  public func domain(named name: String) throws(LibvirtError) -> Domain {
    try ownedDomain { virDomainLookupByName($0, name) }
  }

  /// Finds a running domain by its number (`virDomainLookupByID`).
  public func domain(id: Int32) throws(LibvirtError) -> Domain {
    try ownedDomain { virDomainLookupByID($0, id) }
  }

  /// Finds a domain by its UUID in text form (`virDomainLookupByUUIDString`).
  public func domain(uuid: String) throws(LibvirtError) -> Domain {
    try ownedDomain { virDomainLookupByUUIDString($0, uuid) }
  }

  /// Lists domains in no particular order (`virConnectListAllDomains`, 0.9.13).
  public func domains(_ flags: DomainListFlags = []) throws(LibvirtError) -> [Domain] {
    try withHandle { (connection) throws(LibvirtError) in
      var list: UnsafeMutablePointer<OpaquePointer?>?
      let count = virConnectListAllDomains(connection, &list, flags.rawValue)
      return try takeList(count, list) { Domain(owning: $0, connection: self) }
    }
  }

  /// Defines a domain, or redefines the one of the same name and UUID (`virDomainDefineXMLFlags`, 1.2.12).
  public func defineDomain(xml: String, _ flags: DomainDefineFlags = []) throws(LibvirtError) -> Domain {
    // The older call where no flag is set: it works with every driver and server.
    try ownedDomain {
      flags.isEmpty ? virDomainDefineXML($0, xml) : virDomainDefineXMLFlags($0, xml, flags.rawValue)
    }
  }

  private func ownedDomain(
    _ call: (OpaquePointer) -> OpaquePointer?
  ) throws(LibvirtError) -> Domain {
    try withHandle { (connection) throws(LibvirtError) in
      guard let handle = call(connection) else { throw LibvirtError.last() }
      return Domain(owning: handle, connection: self)
    }
  }
}
