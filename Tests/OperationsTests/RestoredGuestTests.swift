import Foundation
import TestSupport
import Testing
import XMLTree

@testable import Operations

/// What a restore makes of names, paths and files, without any guest.
@Suite("A restored guest")
struct RestoredGuestTests {
  @Test(
    "gets no file's name from an archive that would lead out of its directory",
    arguments: [
      "<domain><name>../../etc/cron.d/x</name></domain>", "<domain><name>.hidden</name></domain>",
      "<domain><name>x</name><devices><disk><source file='/a'/><target dev='../v'/></disk></devices></domain>",
    ])
  func hostileNames(xml: String) {
    #expect(throws: GuestArchiveError.self) { try RestoredDomain(Array(xml.utf8), archive: "a.vma") }
  }

  @Test(
    "keeps its UEFI variables by the path of either spelling, and gives a copy its own",
    arguments: [
      "<nvram template='/t'>/old_VARS.fd</nvram>",
      "<nvram type='file' template='/t'><source file='/old_VARS.fd'/></nvram>",
    ])
  func variables(nvram: String) throws {
    let text = "<domain><name>old</name><uuid>u</uuid><os>\(nvram)</os></domain>"
    let domain = try RestoredDomain(Array(text.utf8), archive: "a.vma")
    #expect(domain.nvramPath == "/old_VARS.fd")
    let moved = domain.placed([], name: "new", keepsIdentity: true, nvram: "/new_VARS.fd")
    #expect(UEFIVariables.path(in: moved) == "/new_VARS.fd")
    // The archive holds none: libvirt makes new ones by the name.
    let bare = domain.placed([], name: "new", keepsIdentity: true, nvram: nil)
    #expect(UEFIVariables.path(in: bare) == nil)
    #expect(bare.text(layout: .libvirt).contains("template='/t'"))
    // Under the old name nothing changes.
    let same = domain.placed([], name: nil, keepsIdentity: false, nvram: nil)
    #expect(UEFIVariables.path(in: same) == "/old_VARS.fd")
  }

  @Test("without a UUID in its definition gets one, since its journal goes by it")
  func identity() throws {
    let domain = try RestoredDomain(Array("<domain><name>x</name></domain>".utf8), archive: "a.vma")
    let uuid = domain.placed([], name: nil, keepsIdentity: false, nvram: nil).firstElement(named: "uuid")
    #expect(UUID(uuidString: uuid?.stringValue ?? "") != nil)
  }

  @Test("loses its files by whatever name they have, gives back what they replaced, and touches no other")
  func takingAway() throws {
    let directory = try TemporaryDirectory()
    let draft = try directory.write(text: "new", to: ".draft")
    var status = stat()
    #expect(lstat(draft, &status) == 0)
    let file = RestoredFile(
      draft: draft, name: directory.file("disk.restored"), place: directory.file("disk"),
      former: directory.file("disk.replaced"), device: UInt64(status.st_dev), inode: UInt64(status.st_ino))
    // Killed when the old one had made room and the new one had its place.
    try directory.write(text: "old", to: "disk.replaced")
    try RestoredFile.move(draft, to: file.place)
    try file.takeAway()
    #expect(try String(contentsOfFile: file.place, encoding: .utf8) == "old")
    #expect(directory.files == ["disk"])
    try file.takeAway()
    #expect(directory.files == ["disk"])
  }

  @Test("loses no file that somebody else has put in the place meant for one of its own")
  func strangers() throws {
    let directory = try TemporaryDirectory()
    let draft = try directory.write(text: "new", to: ".draft")
    let place = try directory.write(text: "stranger", to: "disk")
    var status = stat()
    #expect(lstat(draft, &status) == 0)
    let file = RestoredFile(
      draft: draft, name: place, place: place, former: nil, device: UInt64(status.st_dev),
      inode: UInt64(status.st_ino))
    try file.takeAway()
    #expect(directory.files == ["disk"])
  }
}
