import Libvirt
import Testing

struct ConnectionTests {
  @Test func `a URI that no driver takes is an error with libvirt's own code, domain and words`() {
    let error = #expect(throws: LibvirtError.self) { try Connection(uri: "test") }
    #expect(error?.code == .noConnect)
    #expect(error?.domain == LibvirtError.ErrorDomain.none)
    #expect(error?.level == .error)
    #expect(
      error?.message == "no connection driver available for URI 'test' does not include a driver name")
    #expect(error.map { "\($0)" } == error?.message)
  }

  @Test func `a node file that is missing is an error`() {
    #expect(throws: LibvirtError.self) { try Connection(uri: "test:///nowhere/at/all.xml") }
  }

  @Test func `a closed connection answers with a typed error and closes only once`() throws {
    let node = try PrivateNode()
    let connection = try node.connect()
    #expect(try connection.isAlive())
    #expect(connection.close() == 0)
    #expect(connection.close() == -1)
    let error = #expect(throws: LibvirtError.self) { try connection.domains() }
    #expect(error?.code == .invalidConnection)
  }

  @Test func `the URI is told in libvirt's spelling`() throws {
    let node = try PrivateNode()
    #expect(try node.connect().uri() == node.uri)
  }

  @Test func `a read-only connection refuses changes and allows looking`() throws {
    let node = try PrivateNode()
    let domain = try node.connect(readOnly: true).domain(named: "one")
    #expect(try domain.xml().contains("<name>one</name>"))
    let error = #expect(throws: LibvirtError.self) { try domain.destroy() }
    #expect(error?.code == .operationDenied)
    #expect(throws: LibvirtError.self) { try domain.xml(.secure) }
  }

  @Test func `the library tells its version`() throws {
    let version = try Library.version()
    #expect(version >= Version(number: 9_000_000))
    #expect(Version(number: 9_012_003).description == "9.12.3")
  }

  @Test func `the event loop starts once however often it is asked for`() throws {
    try EventLoop.start()
    try EventLoop.start()
    let node = try PrivateNode()
    #expect(try Connection(uri: node.uri, withEventLoop: true).isAlive())
  }
}
