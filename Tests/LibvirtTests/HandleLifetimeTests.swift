import Libvirt
import Testing

/// libvirt counts a reference to the connection for every live domain and snapshot handle: what `close()` returns
/// is how many of them were not freed.
struct HandleLifetimeTests {
  @Test func `every handle is freed, so that closing leaves no reference`() throws {
    let node = try PrivateNode(domains: [PrivateNode.domain(name: "one"), PrivateNode.domain(name: "two")])
    let connection = try node.connect()
    do {
      let domain = try connection.domain(named: "one")
      let first = try domain.createSnapshot(xml: "<domainsnapshot><name>a</name></domainsnapshot>")
      _ = try domain.createSnapshot(xml: "<domainsnapshot><name>b</name></domainsnapshot>")
      #expect(try first.children().map(\.name) == ["b"])
      #expect(try domain.snapshots().count == 2)
      #expect(try domain.currentSnapshot().parent()?.name == "a")
      #expect(try connection.domains().count == 2)
    }
    #expect(connection.close() == 0)
  }

  @Test func `calls that fail leave no reference behind`() throws {
    let node = try PrivateNode()
    let connection = try node.connect()
    do {
      let domain = try connection.domain(named: "one")
      #expect(throws: LibvirtError.self) { try connection.domain(named: "nobody") }
      #expect(throws: LibvirtError.self) { try connection.defineDomain(xml: "<domain/>") }
      #expect(throws: LibvirtError.self) { try domain.createSnapshot(xml: "nonsense") }
      #expect(throws: LibvirtError.self) { try domain.snapshot(named: "nobody") }
      #expect(throws: LibvirtError.self) { try domain.currentSnapshot() }
      #expect(throws: LibvirtError.self) { try domain.snapshots([.init(rawValue: 1 << 30)]) }
    }
    #expect(connection.close() == 0)
  }

  @Test func `a live handle is counted when its connection is closed early`() throws {
    let node = try PrivateNode()
    let connection = try node.connect()
    let domain = try connection.domain(named: "one")
    #expect(connection.close() == 1)
    #expect(domain.name == "one")
    #expect(try domain.isActive())
  }

  @Test func `a snapshot keeps its domain and its connection alive`() throws {
    let node = try PrivateNode()
    func snapshot() throws -> DomainSnapshot {
      try node.connect().domain(named: "one").createSnapshot(xml: "<domainsnapshot/>")
    }
    let kept = try snapshot()
    #expect(try kept.isCurrent())
    #expect(kept.domain.name == "one")
    #expect(try kept.domain.connection.isAlive())
  }

  @Test func `one connection serves many threads at once`() async throws {
    let node = try PrivateNode()
    let connection = try node.connect()
    let names = try await withThrowingTaskGroup(of: String.self, returning: [String].self) { group in
      for _ in 0..<64 {
        group.addTask { try connection.domain(named: "one").name }
      }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    #expect(names == Array(repeating: "one", count: 64))
    #expect(connection.close() == 0)
  }
}
