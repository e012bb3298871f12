import Foundation
import Libvirt
import SystemPackage
import TestSupport
import Testing

@testable import Operations

/// What a restore does about a guest of the same name and UUID that somebody else makes while the archive is read.
@Suite("A guest that is made of an archive")
struct GuestMakingTests {
  private static let uuid = "5b3e8d5e-0c5a-4f0e-9f4e-6d1c2b7a9001"
  private let directory: TemporaryDirectory
  private let connection: Connection

  init() throws {
    directory = try TemporaryDirectory()
    // A host of its own: that of test:///default is every test's.
    connection = try Connection(uri: "test://" + directory.write(text: "<node/>", to: "node.xml"))
  }

  private func definition(on image: String, memory: Int = 1024) -> String {
    """
    <domain type='test'><name>guest</name><uuid>\(Self.uuid)</uuid><memory>\(memory)</memory>
    <os><type>hvm</type></os><devices><disk type='file' device='disk'>
    <driver name='qemu' type='raw'/><source file='\(image)'/><target dev='vda' bus='virtio'/></disk></devices></domain>
    """
  }

  /// Makes the guest, and lets somebody else do something before one of the steps.
  ///
  /// - Returns: the failure.
  private func make(
    replacing replaces: Bool = false, meddlingBefore order: String, _ meddle: @escaping () throws -> Void
  ) throws -> PlanFailure? {
    let draft = try directory.write(text: "ours", to: ".draft")
    var status = stat()
    #expect(lstat(draft, &status) == 0)
    let file = RestoredFile(
      draft: draft, name: directory.file("x.img"), place: directory.file("x.img"), former: nil,
      device: UInt64(status.st_dev), inode: UInt64(status.st_ino))
    var parameters = GuestRestore.Parameters(uuid: Self.uuid, ending: .started)
    parameters.files = [file]
    let making = GuestMaking(definition(on: file.place), parameters, on: connection)
    try making.checkWay(name: "guest", replaces: replaces)
    let steps = making.steps(saveImage: { nil }, naming: { try RestoredFile.move(draft, to: file.place) })
    var meddling: (any Error)?
    do {
      try Plan(steps, finishing: making.finishingSteps).run(cancellation: Cancellation()) { step in
        guard step.description == order else { return }
        do { try meddle() } catch { meddling = error }
      }
      return nil
    } catch {
      if let meddling { throw meddling }
      return error
    }
  }

  private static let steps = ["give the files their names", "define the domain", "bring the domain up"]

  @Test("never touches somebody else's that runs under its UUID since, and leaves nothing", arguments: steps)
  func runningStranger(order: String) throws {
    let image = try directory.write(text: "theirs", to: "y.img")
    let failure = try #require(
      try make(meddlingBefore: order) {
        try connection.defineDomain(xml: definition(on: image, memory: 2048)).start()
      })
    #expect(failure.notUndone.isEmpty, "\(failure)")
    if order != Self.steps[2] { #expect(failure.cause as? GuestArchiveError == .domainExists(name: "guest")) }
    let other = try connection.domain(uuid: Self.uuid)
    #expect(try other.isActive())
    for xml in [try other.xml(), try other.xml([.inactive])] {
      #expect(xml.contains(image) && xml.contains("2048"), "\(xml)")
    }
    #expect(directory.files == ["node.xml", "y.img"])
  }

  @Test("neither redefines nor undefines one that was only defined since", arguments: steps.prefix(2))
  func definedStranger(order: String) throws {
    let image = try directory.write(text: "theirs", to: "y.img")
    let failure = try make(meddlingBefore: order) {
      _ = try connection.defineDomain(xml: definition(on: image, memory: 2048))
    }
    #expect(failure?.cause as? GuestArchiveError == .domainExists(name: "guest"))
    #expect(failure?.notUndone.isEmpty == true, "\(String(describing: failure))")
    #expect(try connection.domain(uuid: Self.uuid).xml([.inactive]).contains("2048"))
    #expect(directory.files == ["node.xml", "y.img"])
  }

  @Test("does not replace one that was started or changed since it was looked at", arguments: steps.prefix(2))
  func changedFormer(order: String) throws {
    let image = try directory.write(text: "theirs", to: "y.img")
    let former = try connection.defineDomain(xml: definition(on: image))
    let started = try make(replacing: true, meddlingBefore: order) { try former.start() }
    #expect(
      started?.cause as? GuestArchiveError == .notReplaceable(name: "guest", reason: "is running"))
    #expect(started?.notUndone.isEmpty == true, "\(String(describing: started))")
    #expect(try former.isActive())
    try former.destroy()
    let changed = try make(replacing: true, meddlingBefore: order) {
      _ = try connection.defineDomain(xml: definition(on: image, memory: 2048))
    }
    #expect(
      changed?.cause as? GuestArchiveError
        == .notReplaceable(name: "guest", reason: "was defined, changed or undefined meanwhile"))
    #expect(try former.xml([.inactive]).contains("2048"))
    #expect(directory.files == ["node.xml", "y.img"])
  }

  @Test("puts back the one that it has replaced when it cannot start")
  func formerComesBack() throws {
    let image = try directory.write(text: "theirs", to: "y.img")
    _ = try connection.defineDomain(xml: definition(on: image, memory: 2048))
    let own = try connection.domain(uuid: Self.uuid)
    // Running already, so that the step fails with the guest that was made here.
    let failure = try make(replacing: true, meddlingBefore: Self.steps[2]) { try own.start() }
    #expect(failure?.notUndone.isEmpty == true, "\(String(describing: failure))")
    #expect(try !own.isActive())
    #expect(try own.xml([.inactive]).contains(image))
    #expect(directory.files == ["node.xml", "y.img"])
  }

  @Test("is made where nobody meddles")
  func succeeds() throws {
    #expect(try make(meddlingBefore: "") {} == nil)
    #expect(try connection.domain(uuid: Self.uuid).isActive())
    #expect(directory.files == ["node.xml", "x.img"])
  }

  /// What a process leaves that is lost in one of the steps, as another one reads it.
  private func lost(in step: Int, of journals: FilePath) throws -> OperationJournal {
    var parameters = GuestRestore.Parameters(uuid: Self.uuid, ending: .started)
    let draft = try directory.write(text: "ours", to: ".draft")
    var status = stat()
    #expect(lstat(draft, &status) == 0)
    parameters.files = [
      RestoredFile(
        draft: draft, name: directory.file("x.img"), place: directory.file("x.img"), former: nil,
        device: UInt64(status.st_dev), inode: UInt64(status.st_ino))
    ]
    let journal = OperationJournal(
      in: journals,
      try .init(
        operation: GuestRestore.operation, uri: connection.uri(), domainUUID: Self.uuid, domain: "guest",
        parameters: parameters))
    try journal.begin(step: step)
    try RestoredFile.move(draft, to: directory.file("x.img"))
    try GuestMaking("", parameters, on: connection).seal(in: journal)
    if step > 1 { _ = try connection.defineDomain(xml: definition(on: directory.file("x.img"))) }
    return try OperationJournal(reading: journal.path)
  }

  @Test(
    "has run since its restore was lost, and is off again: it stays, as what it wrote is nowhere else",
    arguments: [2, 3])
  func usedSince(step: Int) throws {
    let journals = FilePath(directory.file("state/journals"))
    let journal = try lost(in: step, of: journals)
    let domain = try connection.domain(uuid: Self.uuid)
    try domain.start()
    try directory.write(text: "a week of work", to: "x.img")
    try domain.destroy()
    let outcome = try GuestRestore.interrupted(journal, on: connection).recover(journal)
    #expect(outcome == nil)
    #expect(try !domain.isActive())
    #expect(try String(contentsOfFile: directory.file("x.img"), encoding: .utf8) == "a week of work")
    #expect(OperationJournal.all(in: journals).isEmpty)
  }

  @Test("was not made yet: its files go")
  func unused() throws {
    let journals = FilePath(directory.file("state/journals"))
    let journal = try lost(in: 1, of: journals)
    let outcome = try GuestRestore.interrupted(journal, on: connection).recover(journal)
    #expect(outcome?.notUndone.isEmpty == true)
    #expect(throws: LibvirtError.self) { try connection.domain(uuid: Self.uuid) }
    #expect(!FileManager.default.fileExists(atPath: directory.file("x.img")))
    #expect(OperationJournal.all(in: journals).isEmpty)
  }

  @Test("was not made yet, and somebody uses its disk: that is told, and the disk stays")
  func usedByOthers() throws {
    let journals = FilePath(directory.file("state/journals"))
    let journal = try lost(in: 1, of: journals)
    try directory.write(text: "theirs", to: "x.img")
    let outcome = try GuestRestore.interrupted(journal, on: connection).recover(journal)
    let causes = outcome?.notUndone.compactMap { $0.cause as? GuestArchiveError }
    #expect(causes?.first == .writtenMeanwhile(path: directory.file("x.img")))
    #expect(FileManager.default.fileExists(atPath: directory.file("x.img")))
    #expect(OperationJournal.all(in: journals).count == 1)
  }
}
