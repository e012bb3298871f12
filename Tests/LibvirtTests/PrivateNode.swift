import Foundation
import Libvirt

/// A test-driver node of its own: connections to `test:///default` share one state within a process, these do not.
struct PrivateNode: ~Copyable {
  private let file: URL

  /// The URI that opens it.
  var uri: String { "test://" + file.path }

  /// Writes a node with these `<domain>` documents.
  init(domains: [String] = [PrivateNode.domain(name: "one")]) throws {
    file = FileManager.default.temporaryDirectory.appendingPathComponent("node-\(UUID().uuidString).xml")
    try Data("<node>\(domains.joined())</node>".utf8).write(to: file)
  }

  deinit {
    try? FileManager.default.removeItem(at: file)
  }

  /// Opens a connection to it.
  func connect(readOnly: Bool = false) throws -> Connection {
    try Connection(uri: uri, readOnly: readOnly)
  }

  /// A small guest; the test driver starts it running.
  static func domain(name: String, uuid: String? = nil, extra: String = "") -> String {
    let identity = uuid.map { "<uuid>\($0)</uuid>" } ?? ""
    return """
      <domain type='test' xmlns:test='http://libvirt.org/schemas/domain/test/1.0'>
      <name>\(name)</name>\(identity)\(extra)<memory>8192</memory><os><type>hvm</type></os>
      <devices><disk type='file'><source file='/guest/\(name).img'/><target dev='vda'/></disk></devices>
      </domain>
      """
  }
}
