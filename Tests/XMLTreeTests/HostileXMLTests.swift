import Foundation
import Testing
import XMLTree

/// Texts that want to break the reader: each must end in a typed error with a place, never in a crash.
@Suite struct HostileXMLTests {
  private func failure(_ bytes: [UInt8]) throws -> XMLError {
    try #require(throws: XMLError.self) { try XMLDocument.parse(bytes, fileName: "in.xml") }
  }

  private func failure(_ text: String) throws -> XMLError { try failure(Array(text.utf8)) }

  @Test func `nothing at all is told as such`() throws {
    let error = try failure("")
    #expect(error.reason == .empty)
    #expect(error.description == "in.xml: there is no XML here: the text is empty")
  }

  @Test func `a fault is told with file, line and column in one line`() throws {
    let error = try failure("<a>\n  <b>\n</a>\n")
    #expect(error.line == 3)
    #expect(error.column > 0)
    #expect(error.reason == .notWellFormed(code: 76))
    #expect(
      error.description
        == "in.xml:3:\(error.column): not well-formed XML: Opening and ending tag mismatch: b line 2 and a")
  }

  @Test(arguments: [
    "   \n", "just words", "<a>", "<a></b>", "<a b=c/>", "<a b='1' b='2'/>", "<a>&nope;</a>", "<a/><b/>",
    "<a>\u{1}</a>", "<a>&#0;</a>", "<a>]]></a>", "<a><!-- -- --></a>", "<a b='<'/>", "<a", "<", "&", "<?xml",
    "<?xml version='1.0' encoding='no-such-encoding'?><a/>", "<!DOCTYPE a SYSTEM 'x'><a>&nope;</a>",
    "<!DOCTYPE a SYSTEM 'x'><a b='&nope;'/>",
  ])
  func `what is not well-formed is refused with a line`(text: String) throws {
    let error = try failure(text)
    guard case .notWellFormed = error.reason else {
      Issue.record("\(error)")
      return
    }
    #expect(error.line >= 1)
    #expect(!error.message.contains("\n"))
  }

  @Test(arguments: [
    "<!DOCTYPE a [<!ENTITY x 'y'>]><a>&x;</a>",
    "<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/hostname'>]><a>&x;</a>",
    "<!DOCTYPE a [<!ENTITY % x SYSTEM 'file:///etc/hostname'> %x;]><a/>",
    "<!DOCTYPE a [<!ENTITY x SYSTEM 'http://127.0.0.1:1/'>]><a>&x;</a>",
    "<!DOCTYPE a [<!ENTITY x SYSTEM 'i' NDATA n>]><a/>",
    "<!DOCTYPE a [<!ATTLIST a b CDATA 'long'>]><a/>",
    "<!DOCTYPE a [<!ATTLIST a b (c|d) 'c'>]><a/>",
    "<!DOCTYPE a [<!ELEMENT a (b,c)*>]><a/>",
    "<!DOCTYPE a [<!NOTATION n SYSTEM 'n'>]><a/>",
  ])
  func `a document with declarations of its own is refused`(text: String) throws {
    let error = try failure("\n\n" + text)
    #expect(error.reason == .declaresOwnGrammar)
    #expect(error.line == 3)
  }

  @Test func `entity bombs are refused before they grow`() throws {
    var billion = "<!DOCTYPE a [<!ENTITY l0 'lol'>"
    for level in 1...20 {
      billion += "<!ENTITY l\(level) '" + String(repeating: "&l\(level - 1);", count: 10) + "'>"
    }
    #expect(try failure(billion + "]><a>&l20;</a>").reason == .declaresOwnGrammar)
    let quadratic =
      "<!DOCTYPE a [<!ENTITY x '\(String(repeating: "x", count: 100_000))'>]><a>"
      + String(repeating: "&x;", count: 100_000) + "</a>"
    #expect(try failure(quadratic).reason == .declaresOwnGrammar)
    let parameter = "<!DOCTYPE a [<!ENTITY % p '&#37;p;'> %p;]><a/>"
    #expect(try failure(parameter).reason == .declaresOwnGrammar)
  }

  @Test func `an outside entity's file is never read`() throws {
    let secret = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID().uuidString).ent")
    try Data("<leak/>".utf8).write(to: secret)
    defer { try? FileManager.default.removeItem(at: secret) }
    for text in [
      "<!DOCTYPE a [<!ENTITY x SYSTEM '\(secret.path)'>]><a>&x;</a>",
      "<!DOCTYPE a SYSTEM '\(secret.path)'><a>&x;</a>",
      "<a xmlns:xi='http://www.w3.org/2001/XInclude'><xi:include href='\(secret.path)'/></a>",
    ] {
      guard let document = try? XMLDocument.parse(text) else { continue }
      #expect(!String(decoding: document.bytes(layout: .asParsed), as: UTF8.self).contains("leak"))
    }
  }

  @Test func `nesting is bounded`() throws {
    func nested(_ depth: Int) -> String {
      String(repeating: "<a>", count: depth) + String(repeating: "</a>", count: depth)
    }
    #expect(throws: Never.self) { try XMLDocument.parse(nested(XMLDocument.maximumDepth)) }
    #expect(try failure(nested(300)).message.contains("depth"))
    #expect(try failure(nested(200_000)).message.contains("depth"))
  }

  @Test func `size is bounded`() throws {
    let size = XMLDocument.maximumSize + 1
    let error = try failure([UInt8](repeating: 0x20, count: size))
    #expect(error.reason == .tooLarge(bytes: size))
  }

  @Test(
    arguments: [
      [0x3C, 0x61, 0x3E, 0xFF, 0xFE, 0x3C, 0x2F, 0x61, 0x3E],
      [0x3C, 0x61, 0x3E, 0xC3, 0x3C, 0x2F, 0x61, 0x3E],
      [0x3C, 0x61, 0x3E, 0x00, 0x3C, 0x2F, 0x61, 0x3E],
      [0x00, 0x00, 0x00, 0x00], [0x7F, 0x45, 0x4C, 0x46, 0x02, 0x01, 0x01, 0x00],
      [0x1F, 0x8B, 0x08, 0x00, 0x3C], [0xFF, 0xFE, 0x3C], [0xFE, 0xFF], [0xFF, 0xFE, 0x3C, 0x00, 0x00, 0xD8],
      [0x3C, 0x61, 0x3E, 0xED, 0xA0, 0x80, 0x3C, 0x2F, 0x61, 0x3E],
    ] as [[UInt8]])
  func `binary and wrongly encoded bytes are refused`(bytes: [UInt8]) throws {
    guard case .notWellFormed = try failure(bytes).reason else {
      Issue.record("accepted or misread")
      return
    }
  }

  @Test func `bytes behind a NUL are not ignored`() throws {
    _ = try failure(Array("<a/>".utf8) + [0] + Array("<b/>".utf8))
  }

  @Test func `a sample cut at every byte is an error each time`() throws {
    let sample = Array(
      "<?xml version='1.0'?><!--c--><a b='é&amp;'>t<![CDATA[x]]><?p q?><c xmlns='u'/></a>".utf8)
    #expect(throws: Never.self) { try XMLDocument.parse(sample) }
    for length in 0..<sample.count { _ = try failure(Array(sample[..<length])) }
  }

  @Test func `a sample with any byte replaced never crashes`() {
    let sample = Array("<a b='é'><!--c--><![CDATA[x]]><c/>&lt;&#65;</a>".utf8)
    for position in sample.indices {
      for byte: UInt8 in [0x00, 0x20, 0x26, 0x27, 0x3C, 0x3E, 0x5D, 0x80, 0xC0, 0xFF] {
        var changed = sample
        changed[position] = byte
        _ = try? XMLDocument.parse(changed)
      }
    }
  }
}
