import Testing

@testable import Operations

@Suite("The address of a backup's server")
struct BackupServerTests {
  @Test(
    "is a name or an address, with a port or NBD's own",
    arguments: [
      ("host", "nbd://host:10809/vda"), ("host.example:20000", "nbd://host.example:20000/vda"),
      ("127.0.0.1", "nbd://127.0.0.1:10809/vda"), ("[fd00::1]", "nbd://[fd00::1]:10809/vda"),
      ("[::1]:7", "nbd://[::1]:7/vda"),
    ])
  func good(text: String, uri: String) throws {
    #expect(try BackupServer(text).exportURI("vda") == uri)
  }

  @Test(
    "what is none is refused with the reason",
    arguments: [
      ("", "it has no host"), (":1", "it has no host"), ("a b", "it has no host"), ("h/x", "it has no host"),
      ("host:", "'' is no port number"), ("host:0", "'0' is no port number"),
      ("host:65536", "'65536' is no port number"), ("host:-1", "'-1' is no port number"),
      ("fd00::1", "an IPv6 address stands in brackets"), ("[::1]x", "behind ']' stands no port"),
      ("0.0.0.0:1", "nobody can connect to '0.0.0.0'"), ("[::]", "nobody can connect to '::'"),
      ("*", "it has no host"),
    ])
  func bad(text: String, reason: String) throws {
    #expect(throws: GuestArchiveError.serverAddress(text, reason: reason)) { try BackupServer(text) }
  }
}
