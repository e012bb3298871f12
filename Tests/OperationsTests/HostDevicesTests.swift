import TestSupport
import Testing

@testable import Operations

/// A guest without libvirt: its document, and what was asked of it.
private final class FakeGuest: DeviceHost {
  static let pci = """
    <hostdev mode='subsystem' type='pci' managed='yes'>
      <driver name='vfio'/>
      <source>
        <address domain='0x0000' bus='0x06' slot='0x02' function='0x0'/>
      </source>
      <alias name='hostdev0'/>
      <address type='pci' domain='0x0000' bus='0x00' slot='0x05' function='0x0'/>
    </hostdev>
    """
  static let mediated = """
    <hostdev mode='subsystem' type='mdev' model='vfio-pci'>
      <source>
        <address uuid='c2177883-f1bb-47f0-914d-32a22e3a8804'/>
      </source>
    </hostdev>
    """
  static let function = """
    <interface type='hostdev' managed='yes'>
      <mac address='52:54:00:6D:90:02'/>
      <source>
        <address type='pci' domain='0x0000' bus='0x07' slot='0x10' function='0x1'/>
      </source>
    </interface>
    """
  static let bridged = "<interface type='bridge'><mac address='52:54:00:6d:90:03'/></interface>"

  var devices = [bridged, pci, mediated, function]
  var asked: [String] = []
  /// Looks after which a device that was detached is gone.
  var looksUntilGone = 0
  /// What is refused, by what the document holds.
  var refuses: String?
  private var leaving: (document: String, looks: Int)?

  struct Refusal: Error, Equatable {}

  func liveDocument() -> String {
    if let (document, looks) = leaving {
      leaving = looks == 0 ? nil : (document, looks - 1)
      if looks == 0 { devices.removeAll { kind(of: $0) == kind(of: document) } }
    }
    return "<domain><devices><disk/>\(devices.joined())</devices></domain>"
  }

  func detachLiveDevice(_ document: String) throws {
    if let refuses, document.contains(refuses) { throw Refusal() }
    asked.append("detach \(kind(of: document))")
    leaving = (document, looksUntilGone)
  }

  func attachLiveDevice(_ document: String) throws {
    asked.append("attach \(kind(of: document))")
    if let refuses, document.contains(refuses) { throw Refusal() }
    devices.append(document)
  }

  private func kind(of document: String) -> String {
    document.contains("'mdev'")
      ? "mdev"
      : document.contains("52:54:00:6D") ? "function" : document.contains("bus='0x06'") ? "pci" : "other"
  }
}

@Suite("Host devices around a cold snapshot")
struct HostDevicesTests {
  @Test("are those that keep memory from being saved, and no others, under names that people know")
  func found() throws {
    let devices = try HostDevices(inDomainXML: FakeGuest().liveDocument())
    #expect(
      devices.names
        == "pci 0000:06:02.0, mdev c2177883-f1bb-47f0-914d-32a22e3a8804, interface 52:54:00:6D:90:02")
    #expect(try HostDevices(inDomainXML: "<domain><devices><disk/></devices></domain>").isEmpty)
  }

  @Test("go one after another, each awaited, and come back with their place in the guest", arguments: [0, 3])
  func thereAndBack(looks: Int) throws {
    let guest = FakeGuest()
    guest.looksUntilGone = looks
    let devices = try HostDevices(inDomainXML: guest.liveDocument())
    var waits = 0
    try devices.detach(from: guest, cancellation: Cancellation()) { waits += 1 }
    #expect(guest.asked == ["detach pci", "detach mdev", "detach function"])
    #expect(waits == 3 * looks)
    #expect(guest.devices == [FakeGuest.bridged])
    try devices.attach(to: guest)
    #expect(guest.asked.suffix(3) == ["attach pci", "attach mdev", "attach function"])
    #expect(
      guest.devices[1].contains("<address type='pci' domain='0x0000' bus='0x00' slot='0x05' function='0x0'/>")
    )
    #expect(try HostDevices(inDomainXML: guest.liveDocument()).names == devices.names)
    // Asked again, as after a crash, it finds all done.
    try devices.attach(to: guest)
    #expect(guest.asked.count == 6)
  }

  @Test("a guest that does not let go, or a refusal half way, gets back what it had")
  func failures() throws {
    let stubborn = FakeGuest()
    stubborn.looksUntilGone = .max
    let devices = try HostDevices(inDomainXML: stubborn.liveDocument())
    #expect(throws: GuestArchiveError.hostDeviceStays(name: "pci 0000:06:02.0")) {
      try devices.detach(from: stubborn, cancellation: Cancellation()) {}
    }
    let guest = FakeGuest()
    guest.refuses = "mdev"
    let step = Step(
      "detach", perform: { try devices.detach(from: guest, cancellation: Cancellation()) {} },
      undoing: "attach", undo: { try devices.attach(to: guest) })
    let failure = #expect(throws: PlanFailure.self) {
      try Plan([step, Step("save") { guest.asked.append("save") }]).run(cancellation: Cancellation())
    }
    #expect(guest.asked == ["detach pci", "attach pci"])
    #expect(failure?.notUndone.isEmpty == true)
    #expect(try HostDevices(inDomainXML: guest.liveDocument()).names.contains("pci 0000:06:02.0"))
  }

  @Test("one that cannot come back does not keep the others away, and is told")
  func attachFails() throws {
    let guest = FakeGuest()
    let devices = try HostDevices(inDomainXML: guest.liveDocument())
    try devices.detach(from: guest, cancellation: Cancellation()) {}
    guest.refuses = "bus='0x06'"
    #expect(throws: FakeGuest.Refusal()) { try devices.attach(to: guest) }
    #expect(guest.asked.suffix(3) == ["attach pci", "attach mdev", "attach function"])
    #expect(guest.devices.count == 3)
  }

  @Test("Ctrl-C ends the wait for a guest that takes its time")
  func cancelled() throws {
    let guest = FakeGuest()
    guest.looksUntilGone = .max
    let cancellation = Cancellation()
    let devices = try HostDevices(inDomainXML: guest.liveDocument())
    #expect(throws: CancelledError()) {
      try devices.detach(from: guest, cancellation: cancellation) { cancellation.cancel() }
    }
  }

  @Test("a journal brings them to another process")
  func journal() throws {
    let parameters = ColdSnapshot.Parameters(
      startsAgain: true, hostDevices: try HostDevices(inDomainXML: FakeGuest().liveDocument()))
    let record = try OperationJournal.Record(
      operation: "cold-snapshot", uri: "qemu:///system", domainUUID: "u", domain: "guest",
      parameters: parameters)
    #expect(try record.parameters(as: ColdSnapshot.Parameters.self) == parameters)
  }
}
