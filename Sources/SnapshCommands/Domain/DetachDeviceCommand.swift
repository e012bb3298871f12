import CommandGrammar
import Libvirt

/// `detach-device DOMAIN FILE`: takes a device out.
struct DetachDeviceCommand: VirshCommand {
  static let grammar = CommandGrammar(
    name: "detach-device", group: "domain", abstract: "detach device from an XML file",
    discussion: """
      Takes the device that a document describes out of a domain. A running guest
      must let go of it first: its document has the device until then.
      """,
    options: DeviceChange.options, exitStatuses: ExitStatus.interruptibleWhileWaiting,
    examples: [
      (
        "snapsh detach-device guest hostdev.xml --live",
        "Take a host device out of a running guest, which a save needs."
      )
    ])

  private let change: DeviceChange

  init(_ arguments: ParsedArguments) throws {
    change = try DeviceChange(arguments)
  }

  func run(in session: Session) throws -> any CommandResult {
    let domain = try change.make("detach", in: session) { (domain, xml, scope) throws(LibvirtError) in
      try domain.detachDevice(xml: xml, scope)
    }
    return Sentence(
      "Device detached successfully\n",
      fields: DomainAction(domain: domain.name, uuid: try domain.uuid(), action: "device-detached"))
  }
}
