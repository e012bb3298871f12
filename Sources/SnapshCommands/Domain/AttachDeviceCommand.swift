import CommandGrammar
import Libvirt

/// `attach-device DOMAIN FILE`: plugs a device in.
struct AttachDeviceCommand: VirshCommand {
  static let grammar = CommandGrammar(
    name: "attach-device", group: "domain", abstract: "attach device from an XML file",
    discussion: "Plugs the device that a document describes into a domain.",
    options: DeviceChange.options, exitStatuses: ExitStatus.interruptibleWhileWaiting,
    examples: [
      ("snapsh attach-device guest nic.xml --persistent", "Plug in a device, now and at every start.")
    ])

  private let change: DeviceChange

  init(_ arguments: ParsedArguments) throws {
    change = try DeviceChange(arguments)
  }

  func run(in session: Session) throws -> any CommandResult {
    let domain = try change.make("attach", in: session) { (domain, xml, scope) throws(LibvirtError) in
      try domain.attachDevice(xml: xml, scope)
    }
    return Sentence(
      "Device attached successfully\n",
      fields: DomainAction(domain: domain.name, uuid: try domain.uuid(), action: "device-attached"))
  }
}
