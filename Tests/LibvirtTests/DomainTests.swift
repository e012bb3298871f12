import Libvirt
import Testing

struct DomainTests {
  private static let uuid = "11111111-2222-3333-4444-555555555555"

  @Test func `a domain is found by number, UUID and name`() throws {
    let node = try PrivateNode(domains: [PrivateNode.domain(name: "one", uuid: Self.uuid)])
    let connection = try node.connect()
    let domain = try connection.domain(named: "one")
    let id = try #require(domain.id)
    #expect(try connection.domain("\(id)").name == "one")
    #expect(try connection.domain(Self.uuid).name == "one")
    #expect(try connection.domain("one").uuid() == Self.uuid)
  }

  @Test func `a number is an ID before it is a name, and only where IDs are wanted`() throws {
    let node = try PrivateNode(domains: [PrivateNode.domain(name: "one"), PrivateNode.domain(name: "1")])
    let connection = try node.connect()
    let first = try connection.domain(id: 1).name
    #expect(try connection.domain("1").name == first)
    #expect(try connection.domain("1", by: [.name, .uuid]).name == "1")
  }

  @Test func `an unknown domain is a typed error`() throws {
    let node = try PrivateNode()
    let error = #expect(throws: LibvirtError.self) { try node.connect().domain("nobody") }
    #expect(error?.code == .noDomain)
    #expect(error?.domain == .test)
    #expect(error?.message == "Domain not found")
  }

  @Test func `a domain is defined, started, stopped and undefined`() throws {
    let node = try PrivateNode()
    let connection = try node.connect()
    let domain = try connection.defineDomain(
      xml: "<domain type='test'><name>new</name><memory>4096</memory><os><type>hvm</type></os></domain>")
    #expect(try domain.state() == DomainStatus(state: .shutOff, reason: 0))
    #expect(domain.id == nil)
    #expect(try domain.isPersistent())
    try domain.start()
    #expect(try domain.state() == DomainStatus(state: .running, reason: 1))
    #expect(domain.id != nil)
    let error = #expect(throws: LibvirtError.self) { try domain.start() }
    #expect(error?.code == .internalError)
    #expect(error?.message == "internal error: Domain 'new' is already running")
    try domain.destroy()
    #expect(try domain.state().state == .shutOff)
    #expect(throws: LibvirtError.self) { try domain.destroy() }
    try domain.undefine()
    #expect(throws: LibvirtError.self) { try connection.domain(named: "new") }
  }

  @Test func `a definition is validated where asked`() throws {
    let node = try PrivateNode()
    let connection = try node.connect()
    let xml = "<domain type='test'><name>n</name><memory>1</memory><os><type>hvm</type></os><odd/></domain>"
    let error = #expect(throws: LibvirtError.self) { try connection.defineDomain(xml: xml, .validate) }
    #expect(error?.code == .xmlInvalidSchema)
    #expect(try connection.defineDomain(xml: xml).name == "n")
  }

  @Test func `a domain list is filtered`() throws {
    let node = try PrivateNode(domains: [PrivateNode.domain(name: "one"), PrivateNode.domain(name: "two")])
    let connection = try node.connect()
    try connection.domain(named: "two").destroy()
    #expect(try connection.domains(.active).map(\.name) == ["one"])
    #expect(try connection.domains(.inactive).map(\.name) == ["two"])
    #expect(try connection.domains([.hasSnapshot]).isEmpty)
    #expect(try connection.domains().count == 2)
  }

  @Test func `managed save stops the domain, is seen, and is used or removed`() throws {
    let node = try PrivateNode()
    let domain = try node.connect().domain(named: "one")
    try domain.managedSave()
    #expect(try domain.hasManagedSave())
    #expect(try domain.state().state == .shutOff)
    try domain.start()
    #expect(try !domain.hasManagedSave())
    try domain.managedSave(.paused)
    try domain.removeManagedSave()
    #expect(try !domain.hasManagedSave())
    let error = #expect(throws: LibvirtError.self) { try domain.managedSave() }
    #expect(error?.code == .operationInvalid)
    #expect(throws: LibvirtError.self) { try domain.managedSave([.running, .paused]) }
  }

  @Test func `title and private metadata are read, written and removed`() throws {
    let node = try PrivateNode(domains: [
      PrivateNode.domain(name: "one", extra: "<title>First &amp; only</title>"),
      PrivateNode.domain(name: "two"),
    ])
    let connection = try node.connect()
    let domain = try connection.domain(named: "one")
    #expect(try domain.title() == "First & only")
    #expect(try connection.domain(named: "two").title() == nil)
    let namespace = "urn:example:notes"
    #expect(try domain.metadata(namespace: namespace) == nil)
    try domain.setMetadata("<note>x</note>", prefix: "n", namespace: namespace, of: .configuration)
    #expect(try domain.metadata(namespace: namespace, of: .configuration)?.contains("x") == true)
    try domain.setMetadata(nil, prefix: "n", namespace: namespace, of: .configuration)
    #expect(try domain.metadata(namespace: namespace, of: .configuration) == nil)
  }

  @Test func `what the driver does not support is told as such`() throws {
    let node = try PrivateNode()
    let domain = try node.connect().domain(named: "one")
    let error = #expect(throws: LibvirtError.self) { try domain.jobInfo() }
    #expect(error?.code == .noSupport)
    #expect(try domain.autostart() == false)
  }

  @Test func `a volume of a storage pool is found, wiped and deleted`() throws {
    let connection = try Connection(uri: "test:///default")
    let error = #expect(throws: LibvirtError.self) { try connection.storageVolume(path: "/nowhere") }
    #expect(error?.code == .noStorageVolume)
    #expect(throws: LibvirtError.self) { try connection.storageVolume(pool: "no-pool", name: "v") }
  }
}
