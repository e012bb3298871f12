import TestSupport
import Testing

@testable import SnapshCommands

@Suite("A document is read from a file whole, bounded, as UTF-8")
struct XMLFileTests {
  private func failure(_ path: String) -> [String] {
    do {
      _ = try XMLFile(path: path).text()
      return []
    } catch {
      return Failure(error).lines
    }
  }

  @Test("a text file is taken as it is, wrong or not: libvirt tells what is wrong with it")
  func text() throws {
    let directory = try TemporaryDirectory()
    let path = try directory.write(text: "nönsense\n", to: "a.xml")
    #expect(try XMLFile(path: path).text() == "nönsense\n")
  }

  @Test("what cannot be opened or read is told with the system's reason")
  func unreadable() throws {
    let directory = try TemporaryDirectory()
    #expect(
      failure(directory.file("none.xml")) == [
        "Failed to open file '\(directory.file("none.xml"))': No such file or directory"
      ])
    #expect(failure(directory.path) == ["Failed to read file '\(directory.path)': Is a directory"])
  }

  @Test("a file beyond the bound is refused after the bound, not read to its end")
  func huge() throws {
    #expect(
      failure("/dev/zero") == ["Failed to read file '/dev/zero': Value too large for defined data type"])
  }

  @Test("an empty file is one sentence")
  func empty() {
    #expect(failure("/dev/null") == ["File '/dev/null' is empty: an XML document is expected"])
  }

  @Test("bytes that are no text are one sentence and its reason, never the bytes")
  func binary() throws {
    let directory = try TemporaryDirectory()
    let path = try directory.write([0x3C, 0x61, 0x00, 0xFF, 0x3E], to: "b.xml")
    let lines = failure(path)
    #expect(lines.first == "File '\(path)' is not an XML document")
    #expect(lines.count == 2)
  }

  @Test("a declared encoding is turned into UTF-8")
  func encodings() throws {
    let directory = try TemporaryDirectory()
    let utf16 = "<?xml version='1.0' encoding='UTF-16'?><a>\u{FC}</a>".utf16.flatMap {
      [UInt8($0 & 0xFF), UInt8($0 >> 8)]
    }
    let path = try directory.write([0xFF, 0xFE] + utf16, to: "c.xml")
    #expect(try XMLFile(path: path).text() == "<a>\u{FC}</a>\n")
  }
}
