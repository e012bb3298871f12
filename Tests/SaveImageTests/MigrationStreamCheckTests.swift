import Testing

@testable import SaveImage

@Suite("A migration stream's beginning and end")
struct MigrationStreamCheckTests {
  private typealias Fault = MigrationStreamCheck.Fault

  /// A stream of a machine type since 2.4: a configuration section first, a description last.
  private func stream(_ length: Int, description: String = "{\"devices\": {}}") -> [UInt8] {
    let size = description.utf8.count
    var bytes = MigrationStream.start + [7]
    for index in 0..<length { bytes.append(UInt8(index % 251)) }
    bytes += [0, 6, 0, 0, UInt8(size >> 8), UInt8(size & 0xFF)]
    return bytes + Array(description.utf8)
  }

  private func check(_ bytes: [UInt8], pieces: Int) throws(Fault) {
    var check = MigrationStreamCheck()
    var position = 0
    while position < bytes.count {
      let end = min(bytes.count, position + pieces)
      var fault: Fault?
      bytes[position..<end].withUnsafeBytes { piece in
        do throws(Fault) { try check.take(piece) } catch { fault = error }
      }
      if let fault { throw fault }
      position = end
    }
    try check.checkComplete()
  }

  @Test("a whole stream is whole, in whatever pieces it comes", arguments: [1, 7, 4096, 1 << 20])
  func whole(pieces: Int) throws {
    try check(stream(20_000), pieces: pieces)
    // The description may hold braces, and be preceded by bytes that look like its length.
    try check(stream(1000, description: "{\"a\": {\"b\": [{}, {}]}}"), pieces: pieces)
    let old = MigrationStream.start + [1, 2, 3, 0]
    try check(old, pieces: pieces)
  }

  @Test("a stream longer than what is kept of its end is whole")
  func long() throws {
    try check(stream(20 << 20), pieces: 1 << 20)
  }

  @Test("a stream that is cut anywhere is told with its length")
  func cut() throws {
    let whole = stream(300)
    for length in 1..<whole.count {
      #expect(throws: Fault.cut(length: UInt64(length))) { try check(Array(whole[..<length]), pieces: 64) }
    }
    #expect(throws: Fault.empty) { try check([], pieces: 1) }
  }

  @Test("what follows the end, or begins otherwise, is no stream")
  func noStream() throws {
    #expect(throws: Fault.cut(length: 341)) { try check(stream(310) + [0], pieces: 100) }
    #expect(throws: Fault.notAStream) { try check(Array("LibvirtQemudSave".utf8), pieces: 3) }
    #expect(throws: Fault.notAStream) { try check([0x51, 0x45, 0x56, 0x4d, 0, 0, 0, 2, 0], pieces: 9) }
  }
}
