import Libvirt

/// What `list` prints.
struct DomainListResult: CommandResult {
  /// What the text rendering shows of each domain.
  struct Columns: OptionSet, Sendable {
    let rawValue: Int
    static let uuid = Columns(rawValue: 1)
    static let id = Columns(rawValue: 2)
    static let name = Columns(rawValue: 4)
    static let title = Columns(rawValue: 8)
    static let managedSave = Columns(rawValue: 16)
  }

  /// One domain.
  struct Row: Encodable, Sendable {
    private enum CodingKeys: String, CodingKey {
      case id
      case name
      case uuid
      case state
      case title
      case hasManagedSave
    }

    /// The number of a running domain.
    let id: UInt32?
    let name: String
    let uuid: String
    let state: DomainState
    let title: String?
    let hasManagedSave: Bool

    func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encodeIfPresent(id, forKey: .id)
      try container.encode(name, forKey: .name)
      try container.encode(uuid, forKey: .uuid)
      try container.encode(state.name, forKey: .state)
      try container.encodeIfPresent(title, forKey: .title)
      try container.encode(hasManagedSave, forKey: .hasManagedSave)
    }

    fileprivate var idText: String { id.map(String.init) ?? "-" }

    fileprivate func stateText(marksManagedSave: Bool) -> String {
      marksManagedSave && state == .shutOff && hasManagedSave ? "saved" : state.text
    }
  }

  private enum CodingKeys: String, CodingKey {
    case domains
  }

  let domains: [Row]
  let columns: Columns

  /// Running domains by their number, then the others by name.
  static func precedes(_ left: Row, _ right: Row) -> Bool {
    switch (left.id, right.id) {
    case (let left?, let right?): left < right
    case (nil, nil): isOrderedBefore(left.name, right.name)
    case (let left, _): left != nil
    }
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(domains, forKey: .domains)
  }

  func render(into text: inout TextOutput) {
    if columns.isDisjoint(with: [.uuid, .id, .name]) {
      renderTable(into: &text)
    } else {
      renderLines(into: &text)
    }
  }

  private func renderTable(into text: inout TextOutput) {
    let showsTitle = columns.contains(.title)
    var table = TextTable(header: ["Id", "Name", "State"] + (showsTitle ? ["Title"] : []))
    for domain in domains {
      let state = domain.stateText(marksManagedSave: columns.contains(.managedSave))
      table.add(row: [domain.idText, domain.name, state] + (showsTitle ? [domain.title ?? ""] : []))
    }
    table.render(into: &text)
  }

  /// Bare values, for scripts: UUID, ID and name in this order; IDs alone leave out who has none.
  private func renderLines(into text: inout TextOutput) {
    for domain in domains {
      if columns.intersection([.uuid, .id, .name]) == .id {
        if domain.id != nil { text.print(domain.idText + "\n") }
        continue
      }
      var values: [String] = []
      if columns.contains(.uuid) { values.append(domain.uuid) }
      if columns.contains(.id) { values.append(domain.idText) }
      if columns.contains(.name) { values.append(domain.name) }
      text.print(values.joined(separator: " ") + "\n")
    }
  }
}
