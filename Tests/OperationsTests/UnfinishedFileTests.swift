import DiskIO
import Foundation
import SystemPackage
import TestSupport
import Testing

@testable import Operations

/// What processes that are gone have left of the files that they were writing.
@Suite("Half a file that a process has left")
struct UnfinishedFileTests {
  private let directory: TemporaryDirectory
  private let path: String

  init() throws {
    directory = try TemporaryDirectory()
    path = directory.file("x.vma")
  }

  /// One that this very process would have left.
  private func leave() throws -> String {
    try directory.write(text: "half", to: TemporaryName.new(for: "x.vma"))
  }

  @Test(
    "goes where its writer is known to be gone, whoever has that number since; else only where nobody has it")
  func numberTakenAgain() throws {
    let half = try leave()
    try directory.write(text: "whole", to: "x.vma")
    let other = try directory.write(text: "theirs", to: TemporaryName.new(for: "y.vma"))
    #expect(try UnfinishedFile.remove(of: path).isEmpty)
    #expect(try UnfinishedFile.remove(of: path, writtenBy: 1).isEmpty)
    #expect(try UnfinishedFile.remove(of: path, writtenBy: getpid()) == [half])
    #expect(Set(directory.files) == ["x.vma", (other as NSString).lastPathComponent])
  }

  @Test("is not taken for gone where its directory cannot be read, but where that is gone itself")
  func unreadable() throws {
    let file = try directory.write(text: "", to: "file")
    #expect(
      throws: ArchiveOperationError.file(operation: "read the directory", path: file, errno: .notDirectory)
    ) {
      try UnfinishedFile.remove(of: file + "/x.vma", writtenBy: getpid())
    }
    #expect(try UnfinishedFile.remove(of: directory.file("gone") + "/x.vma", writtenBy: getpid()).isEmpty)
  }
}
