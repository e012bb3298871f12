import DiskIO
import Foundation
import SystemPackage
import TestSupport
import Testing

@Suite("Output files under a temporary name")
struct PartialFileTests {
  let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  @Test("the final name appears with complete(), and only then")
  func complete() throws {
    let path = directory.file("archive.vma")
    let partial = try PartialFile(path: path)
    try partial.descriptor.writeAll("all of it".utf8)
    #expect(!FileManager.default.fileExists(atPath: path))
    #expect(FileManager.default.fileExists(atPath: partial.temporaryPath))
    try partial.complete(sync: true)
    #expect(directory.entries == ["archive.vma"])
    #expect(try TestDisk.contents(of: path) == Array("all of it".utf8))
    let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
    #expect(mode == 0o600)
  }

  @Test("nothing is left of a file that was never completed")
  func abandoned() throws {
    do {
      let partial = try PartialFile(path: directory.file("archive.vma"))
      try partial.descriptor.writeAll("half".utf8)
      #expect(directory.entries.count == 1)
    }
    #expect(directory.entries.isEmpty)
  }

  @Test("a name that is taken is refused at the start, a dangling link as well")
  func taken() throws {
    let path = directory.file("archive.vma")
    #expect(symlink("nowhere", path) == 0)
    #expect(throws: DiskIOError.exists(path: path)) { try PartialFile(path: path) }
    #expect(directory.entries == ["archive.vma"])
  }

  @Test("a name that was taken meanwhile is refused at the end, and what took it stays")
  func takenMeanwhile() throws {
    let path = directory.file("archive.vma")
    let partial = try PartialFile(path: path)
    try Data("mine".utf8).write(to: URL(fileURLWithPath: path))
    #expect(throws: DiskIOError.exists(path: path)) { try partial.complete() }
    partial.discard()
    #expect(directory.entries == ["archive.vma"])
    #expect(try TestDisk.contents(of: path) == Array("mine".utf8))
  }

  @Test("a name of 255 bytes works, in letters of several bytes too")
  func longName() throws {
    let name = String(repeating: "ä", count: 127) + "x"
    try PartialFile(path: directory.file(name)).complete()
    #expect(directory.entries == [name])
  }

  @Test("a directory that is missing is named with its file")
  func noDirectory() throws {
    let path = directory.file("none/archive.vma")
    let error = #expect(throws: DiskIOError.self) { try PartialFile(path: path) }
    #expect(error?.description == "cannot create '\(path)': No such file or directory")
  }
}
