import Foundation
import NBDServer
import TestSupport
import Testing

@Suite("Where a server listens")
struct ListeningSocketTests {
  let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  @Test("addresses are read in all their spellings, and printed in one")
  func spellings() throws {
    let spellings = [
      "/run/a.sock": "unix:/run/a.sock", "unix:a.sock": "unix:a.sock",
      "tcp:127.0.0.1:1234": "tcp:127.0.0.1:1234",
      "tcp:1235": "tcp:127.0.0.1:1235", "tcp::1235": "tcp:127.0.0.1:1235", "tcp:[::1]:80": "tcp:[::1]:80",
      "tcp:0.0.0.0:9": "tcp:0.0.0.0:9", "tcp:host.example:10809": "tcp:host.example:10809",
    ]
    for (text, printed) in spellings { #expect(try SocketAddress(text).description == printed) }
  }

  @Test(
    "what is no address is refused with the reason",
    arguments: [
      ("", "it has no path"), ("unix:", "it has no path"), ("tcp:", "'' is no port number"),
      ("tcp:host:", "'' is no port number"), ("tcp:h:70000", "'70000' is no port number"),
      ("tcp:h:-1", "'-1' is no port number"), ("tcp:h:+1", "'+1' is no port number"),
      ("tcp:::1:80", "an IPv6 address stands in brackets"), ("a\0b", "it holds a zero byte"),
    ])
  func refused(text: String, reason: String) {
    #expect(throws: NBDServerError.address(text, reason: reason)) { try SocketAddress(text) }
  }

  @Test("a Unix socket is its owner's alone, and goes with the server")
  func mode() throws {
    let path = directory.file("s")
    var socket: ListeningSocket? = try ListeningSocket(.unix(path: path))
    var status = stat()
    #expect(lstat(path, &status) == 0)
    #expect(status.st_mode == S_IFSOCK | 0o600)
    #expect(socket?.address == .unix(path: path))
    socket = nil
    #expect(lstat(path, &status) != 0)
  }

  @Test("a socket that nobody listens at is replaced; one that somebody listens at is not")
  func stale() throws {
    let path = directory.file("s")
    try run(["python3", "-c", "import socket,sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])", path])
      .check()
    let socket = try ListeningSocket(.unix(path: path))
    #expect(throws: NBDServerError.inUse("unix:\(path)")) { try ListeningSocket(.unix(path: path)) }
    socket.stop()
    withExtendedLifetime(socket) {}
  }

  @Test("a file in the socket's place is refused and stays; so does one that has taken its place since")
  func otherFiles() throws {
    let file = try directory.write(text: "precious", to: "file")
    #expect(throws: NBDServerError.notASocket(path: file)) { try ListeningSocket(.unix(path: file)) }
    let path = directory.file("s")
    var socket: ListeningSocket? = try ListeningSocket(.unix(path: path))
    unlink(path)
    try directory.write(text: "mine now", to: "s")
    withExtendedLifetime(socket) {}
    socket = nil
    #expect(directory.files == ["file", "s"])
  }

  @Test("paths that are too long, in directories that are not there, and hosts that are not ours are told")
  func impossible() throws {
    let long = directory.file(String(repeating: "x", count: 108))
    #expect(throws: NBDServerError.pathTooLong(long)) { try ListeningSocket(.unix(path: long)) }
    let missing = directory.file("none/s")
    let error = #expect(throws: NBDServerError.self) { try ListeningSocket(.unix(path: missing)) }
    #expect(error.map { "\($0)" } == "cannot listen at '\(missing)': No such file or directory")
    let foreign = #expect(throws: NBDServerError.self) {
      try ListeningSocket(.tcp(host: "192.0.2.1", port: 0))
    }
    #expect(foreign.map { "\($0)" } == "cannot listen at 'tcp:192.0.2.1:0': Cannot assign requested address")
  }

  @Test(
    "TCP on the loopback address; the kernel chooses a port where none is asked for, and a taken one is told")
  func tcp() throws {
    let socket = try ListeningSocket(.tcp(host: SocketAddress.loopback, port: 0))
    guard case .tcp(let host, let port) = socket.address else {
      Issue.record("no TCP address")
      return
    }
    #expect(host == "127.0.0.1")
    #expect(port != 0)
    #expect(throws: NBDServerError.inUse("tcp:127.0.0.1:\(port)")) {
      try ListeningSocket(.tcp(host: "127.0.0.1", port: port))
    }
  }
}
