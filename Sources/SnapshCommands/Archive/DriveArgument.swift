import CommandGrammar
import NBDServer
import Operations

/// A disk that is awaited, as the command line names it in one of its two spellings.
struct DriveArgument {
  let name: String
  let size: UInt64?
  let address: SocketAddress

  /// Reads `name=NAME,size=SIZE`, a drive of the socket that serves all of them.
  init(drive text: String, address: SocketAddress) throws {
    var fields: [String: String] = [:]
    for part in text.split(separator: ",", omittingEmptySubsequences: false) {
      let words = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard words.count == 2, ["name", "size"].contains(String(words[0])),
        fields.updateValue(String(words[1]), forKey: String(words[0])) == nil
      else { throw CommandFailure("--drive takes name=NAME,size=SIZE, not '\(text)'") }
    }
    guard let name = fields["name"], !name.isEmpty else {
      throw CommandFailure("--drive '\(text)' has no name; write name=NAME,size=SIZE")
    }
    self.name = name
    self.address = address
    size = try fields["size"].map { try Self.size($0, of: name) }
  }

  /// Reads `NAME,ADDRESS` or `NAME,ADDRESS,size=SIZE`, a drive with a socket of its own.
  init(blockDevice text: String) throws {
    guard let comma = text.firstIndex(of: ","), comma > text.startIndex else {
      throw CommandFailure("--blockdev takes NAME,ADDRESS[,size=SIZE], not '\(text)'")
    }
    let name = String(text[..<comma])
    var address = text[text.index(after: comma)...]
    var size: UInt64?
    // The last comma, because a path may hold some.
    if let last = address.lastIndex(of: ","), address[last...].hasPrefix(",size=") {
      size = try Self.size(String(address[last...].dropFirst(",size=".count)), of: name)
      address = address[..<last]
    }
    self.name = name
    self.size = size
    self.address = try SocketAddress(String(address))
  }

  /// Reads a size with a suffix, in bytes.
  static func size(_ text: String, of name: String) throws -> UInt64 {
    do {
      guard let value = try ScaledNumber(text).value(defaultUnit: 1) else {
        throw ScaledNumberError.tooLarge(text)
      }
      return value
    } catch is ScaledNumberError {
      throw CommandFailure("'\(text)' is no size of '\(name)'; write bytes, or a number like 10G")
    }
  }
}
