import CommandGrammar
import Libvirt

/// `dominfo DOMAIN`: what a domain is and has, in a few lines.
struct DomainInformationCommand: VirshCommand {
  static let grammar = CommandGrammar(
    name: "dominfo", group: "domain", abstract: "domain information",
    discussion: "Returns basic information about the domain.",
    options: [DomainOption.domain],
    examples: [
      ("snapsh dominfo guest", "Print a guest's state, processors, memory, and whether it is saved.")
    ])

  private let domain: String

  init(_ arguments: ParsedArguments) throws {
    domain = try arguments[DomainOption.domain]
  }

  func run(in session: Session) throws -> any CommandResult {
    let found = try session.domain(domain)
    let information = try found.information()
    let model = try session.connection().securityModel()
    return DomainInformationResult(
      id: found.id, name: found.name, uuid: try found.uuid(), osType: try found.osType(),
      information: information, isPersistent: try? found.isPersistent(), autostarts: try? found.autostart(),
      hasManagedSave: try? found.hasManagedSave(), securityModel: model?.model,
      securityDomain: model?.domainOfInterpretation,
      securityLabel: try model == nil ? nil : found.securityLabel(),
      messages: (try? found.messages()) ?? [])
  }
}

/// What `dominfo` prints.
struct DomainInformationResult: CommandResult {
  let id: UInt32?
  let name: String
  let uuid: String
  let osType: String
  let information: DomainInformation
  let isPersistent: Bool?
  let autostarts: Bool?
  let hasManagedSave: Bool?
  let securityModel: String?
  let securityDomain: String?
  let securityLabel: SecurityLabel?
  let messages: [String]

  func render(into text: inout TextOutput) {
    for (name, value) in rows {
      text.print(name.padding(to: 15) + " " + value + "\n")
    }
  }

  private var rows: [(String, String)] {
    var rows = [
      ("Id:", id.map(String.init) ?? "-"), ("Name:", name), ("UUID:", uuid), ("OS Type:", osType),
      ("State:", information.state.text), ("CPU(s):", String(information.processors)),
    ]
    if information.processorNanoseconds > 0 { rows.append(("CPU time:", processorTime)) }
    rows += [
      (
        "Max memory:",
        information.maximumMemoryKiB == UInt64(UInt32.max)
          ? "no limit" : "\(information.maximumMemoryKiB) KiB"
      ),
      ("Used memory:", "\(information.memoryKiB) KiB"),
      ("Persistent:", isPersistent.map { $0 ? "yes" : "no" } ?? "unknown"),
    ]
    if let autostarts { rows.append(("Autostart:", autostarts ? "enable" : "disable")) }
    rows.append(("Managed save:", hasManagedSave.map { $0 ? "yes" : "no" } ?? "unknown"))
    if let securityModel {
      rows += [("Security model:", securityModel), ("Security DOI:", securityDomain ?? "")]
      if let securityLabel, !securityLabel.text.isEmpty {
        let mode = securityLabel.isEnforcing ? "enforcing" : "permissive"
        rows.append(("Security label:", "\(securityLabel.text) (\(mode))"))
      }
    }
    for (index, message) in messages.enumerated() { rows.append((index == 0 ? "Messages:" : "", message)) }
    return rows
  }

  /// Seconds with one decimal.
  private var processorTime: String {
    let (rounded, overflow) = information.processorNanoseconds.addingReportingOverflow(50_000_000)
    let tenths = (overflow ? information.processorNanoseconds : rounded) / 100_000_000
    return "\(tenths / 10).\(tenths % 10)s"
  }

  private enum CodingKeys: String, CodingKey {
    case id, domain, uuid, osType, state, cpuCount, cpuTimeNanoseconds, maximumMemoryKiB, memoryKiB
    case isPersistent, hasAutostart, hasManagedSave, securityModel, securityDOI, securityLabel, messages
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encodeIfPresent(id, forKey: .id)
    try container.encode(name, forKey: .domain)
    try container.encode(uuid, forKey: .uuid)
    try container.encode(osType, forKey: .osType)
    try container.encode(information.state.name, forKey: .state)
    try container.encode(information.processors, forKey: .cpuCount)
    try container.encode(information.processorNanoseconds, forKey: .cpuTimeNanoseconds)
    try container.encode(information.maximumMemoryKiB, forKey: .maximumMemoryKiB)
    try container.encode(information.memoryKiB, forKey: .memoryKiB)
    try container.encodeIfPresent(isPersistent, forKey: .isPersistent)
    try container.encodeIfPresent(autostarts, forKey: .hasAutostart)
    try container.encodeIfPresent(hasManagedSave, forKey: .hasManagedSave)
    try container.encodeIfPresent(securityModel, forKey: .securityModel)
    try container.encodeIfPresent(securityDomain, forKey: .securityDOI)
    try container.encodeIfPresent(securityLabel?.text, forKey: .securityLabel)
    try container.encode(messages, forKey: .messages)
  }
}

extension String {
  /// Filled up with blanks at its end.
  fileprivate func padding(to width: Int) -> String {
    self + String(repeating: " ", count: max(0, width - count))
  }
}
