import Libvirt
import TestSupport
import Testing

@testable import SnapshCommands

/// Volumes need a storage pool, which only `test:///default` has; a connection held open shares its state with the run.
@Suite("undefine removes the volumes it was asked to, and says which it could not", .serialized)
struct UndefineStorageTests {
  private static let uri = "test:///default"

  private func run(_ words: String...) -> (status: Int32, output: String, error: String) {
    let output = MemorySink()
    let error = MemorySink()
    let status = Tool.run(
      ["-c", Self.uri] + words, environment: [:], console: Console(output: output, error: error))
    return (status, output.text, error.text)
  }

  private func define(_ name: String, on connection: Connection) throws {
    _ = try connection.defineDomain(
      xml: """
        <domain type='test'><name>\(name)</name><memory>4096</memory><os><type>hvm</type></os><devices>
        <disk type='file' device='disk'><source file='/default-pool/\(name)-1'/><target dev='vda' bus='virtio'/></disk>
        <disk type='volume' device='disk'><source pool='default-pool' volume='\(name)-2'/><target dev='vdb' bus='virtio'/></disk>
        </devices></domain>
        """)
    for number in 1...2 {
      try connection.createStorageVolume(
        pool: "default-pool",
        xml: "<volume><name>\(name)-\(number)</name><capacity>1048576</capacity></volume>")
    }
  }

  @Test("all volumes go, and each is told")
  func all() throws {
    let connection = try Connection(uri: Self.uri)
    try define("all", on: connection)
    let result = run("undefine", "all", "--remove-all-storage")
    #expect(
      result.output
        == "Domain 'all' has been undefined\nVolume 'vda'(/default-pool/all-1) removed.\nVolume 'vdb'(all-2) removed.\n\n"
    )
    #expect(result.error.isEmpty)
    #expect(result.status == 0)
    #expect(throws: LibvirtError.self) { try connection.storageVolume(path: "/default-pool/all-1") }
    #expect(throws: LibvirtError.self) { try connection.storageVolume(pool: "default-pool", name: "all-2") }
  }

  @Test("a named volume goes, the other stays")
  func named() throws {
    let connection = try Connection(uri: Self.uri)
    try define("named", on: connection)
    let result = run("undefine", "named", "--storage", "vdb")
    #expect(result.output == "Domain 'named' has been undefined\nVolume 'vdb'(named-2) removed.\n\n")
    #expect(result.status == 0)
    try connection.storageVolume(path: "/default-pool/named-1").delete()
  }

  @Test("a volume that cannot be wiped stays, and the status tells")
  func wiping() throws {
    let connection = try Connection(uri: Self.uri)
    try define("wiped", on: connection)
    let result = run("undefine", "wiped", "--remove-all-storage", "--wipe-storage")
    #expect(
      result.output
        == "Domain 'wiped' has been undefined\nWiping volume 'vda'(/default-pool/wiped-1) ... Wiping volume 'vdb'(wiped-2) ... \n"
    )
    #expect(
      result.error
        == "error: Failed! Volume not removed.\nerror: Failed! Volume not removed.\nerror: this function is not supported by the connection driver: virStorageVolWipe\n"
    )
    #expect(result.status == 1)
    try connection.storageVolume(path: "/default-pool/wiped-1").delete()
    try connection.storageVolume(path: "/default-pool/wiped-2").delete()
  }
}
