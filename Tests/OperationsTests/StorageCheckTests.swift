import Foundation
import TestSupport
import Testing

@testable import Operations

@Suite("Whether a new image will be of use where it is to be made")
struct StorageCheckTests {
  private let directory: TemporaryDirectory

  init() throws {
    directory = try TemporaryDirectory()
  }

  /// The check of a guest whose QEMU runs as an account.
  private func check(user: Int = 64055, group: Int = 64055) throws -> StorageCheck {
    try StorageCheck(
      domainXML: """
        <domain>
          <seclabel type='dynamic' model='apparmor'><label>libvirt-x</label></seclabel>
          <seclabel type='dynamic' model='dac' relabel='yes'>
            <label>+\(user):+\(group)</label>
          </seclabel>
        </domain>
        """)
  }

  private func refusal(
    _ check: StorageCheck, _ path: String, bytes: UInt64 = 0
  ) -> String? {
    do throws(MirrorError) {
      try check.checkPlace(of: path, disk: "vda", bytes: bytes)
      return nil
    } catch {
      #expect(error.description.hasPrefix("disk 'vda': '\(path)' "))
      return error.description
    }
  }

  @Test("a directory that QEMU's account may not search is named, and the account with it")
  func closedToQEMU() throws {
    let files = FileManager.default
    try files.createDirectory(
      atPath: directory.file("closed/inner"), withIntermediateDirectories: true)
    try files.setAttributes([.posixPermissions: 0o755], ofItemAtPath: directory.path)
    try files.setAttributes([.posixPermissions: 0o700], ofItemAtPath: directory.file("closed"))
    let path = directory.file("closed/inner/mirror")
    let refused = try #require(refusal(try check(), path))
    #expect(refused.contains("out of reach for QEMU, which runs as user 64055"))
    #expect(refused.contains("let it search '\(directory.file("closed"))'"))

    let (user, group) = (Int(getuid()), Int(getgid()))
    #expect(refusal(try check(user: user), path) == nil)
    try files.setAttributes([.posixPermissions: 0o710], ofItemAtPath: directory.file("closed"))
    #expect(refusal(try check(group: group), path) == nil)
    #expect(refusal(try check(), path) != nil)
    try files.setAttributes([.posixPermissions: 0o711], ofItemAtPath: directory.file("closed"))
    #expect(refusal(try check(), path) == nil)
    // A definition that names no account says nothing of it.
    try files.setAttributes([.posixPermissions: 0o700], ofItemAtPath: directory.file("closed"))
    #expect(refusal(try StorageCheck(domainXML: "<domain/>"), path) == nil)
  }

  @Test("too little room is told in bytes")
  func tooLittleRoom() throws {
    let refused = try #require(refusal(try check(user: 0), directory.file("mirror"), bytes: .max))
    #expect(refused.contains("has not enough room: "))
    #expect(refused.contains("bytes are free in '\(directory.path)', \(UInt64.max) are needed"))
    #expect(refusal(try check(user: 0), directory.file("mirror"), bytes: 4096) == nil)
  }

  @Test("a directory that is none, or is not there, is told")
  func noDirectory() throws {
    try directory.write([], to: "file")
    let check = try check(user: 0)
    #expect(refusal(check, directory.file("none/x"))?.contains("No such file or directory") == true)
    #expect(refusal(check, directory.file("file/x"))?.contains("is no directory") == true)
  }

  @Test("two names of one file are the same, links and dots included, whether it is there or not")
  func sameFile() throws {
    let (file, link) = (directory.file("file"), directory.file("link"))
    try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: file)
    #expect(!StorageCheck.isSame(file, directory.file("other")))
    #expect(StorageCheck.isSame(file, directory.path + "/./file"))
    try directory.write([], to: "file")
    #expect(StorageCheck.isSame(file, link))
    #expect(StorageCheck.exists(link))
  }
}
