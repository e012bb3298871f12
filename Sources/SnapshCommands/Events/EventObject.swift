import Libvirt

/// An event in JSON: one line, `type` `event`, what belongs to its kind under the names of the kind.
struct EventObject: Encodable {
  private struct Key: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }

    init(_ name: String) { stringValue = name }
    init?(stringValue: String) { self.init(stringValue) }
    init?(intValue: Int) { return nil }
  }

  private let event: DomainEvent
  private let time = LocalTime.now()

  init(_ event: DomainEvent) {
    self.event = event
  }

  func encode(to encoder: any Encoder) throws {
    var fields = encoder.container(keyedBy: Key.self)
    try fields.encode("event", forKey: Key("type"))
    try fields.encode(event.kind.word, forKey: Key("event"))
    try fields.encode(event.domain, forKey: Key("domain"))
    try fields.encode(event.uuid, forKey: Key("uuid"))
    try fields.encode(time.rfc3339, forKey: Key("time"))
    try fields.encode(time.seconds, forKey: Key("timeSeconds"))
    for (name, value) in texts { try fields.encode(value, forKey: Key(name)) }
    for (name, value) in numbers { try fields.encode(value, forKey: Key(name)) }
    if case .parameters(let list) = event.details {
      var parameters = fields.nestedContainer(keyedBy: Key.self, forKey: Key("parameters"))
      for parameter in list { try encode(parameter, into: &parameters) }
    }
  }

  private func encode(
    _ parameter: TypedParameter, into fields: inout KeyedEncodingContainer<Key>
  ) throws {
    let key = Key(parameter.name)
    switch parameter.value {
    case .int32(let number): try fields.encode(number, forKey: key)
    case .uint32(let number): try fields.encode(number, forKey: key)
    case .int64(let number): try fields.encode(number, forKey: key)
    case .uint64(let number): try fields.encode(number, forKey: key)
    case .double(let number): try fields.encode(number, forKey: key)
    case .boolean(let truth): try fields.encode(truth, forKey: key)
    case .string(let text): try fields.encode(text, forKey: key)
    }
  }

  private var texts: [(String, String)] {
    switch event.details {
    case .lifecycle(let number, let detail):
      guard let index = Int(exactly: number), EventWords.lifecycle.indices.contains(index) else { return [] }
      let words = EventWords.lifecycle[index]
      return [("change", Self.word(words.event)), ("detail", Self.word(detail, in: words.details))]
    case .watchdog(let action): return [("action", Self.word(action, in: EventWords.watchdogActions))]
    case .ioError(let path, let device, let action, let reason):
      return [
        ("path", path), ("device", device),
        ("action", Self.word(action, in: EventWords.ioErrorActions)),
      ] + (reason.map { [("reason", $0)] } ?? [])
    case .graphics(let client):
      return [
        ("phase", Self.word(client.phase, in: EventWords.graphicsPhases)),
        ("localAddress", client.local.node), ("localService", client.local.service),
        ("remoteAddress", client.remote.node), ("remoteService", client.remote.service),
        ("authenticationScheme", client.authenticationScheme),
      ]
    case .blockJob(let disk, let type, let status):
      return [
        ("disk", disk), ("job", Self.blockJob(type)),
        ("status", Self.word(status, in: EventWords.blockJobStatuses)),
      ]
    case .diskChange(let old, let new, let device, let reason):
      return [("device", device), ("reason", Self.word(reason, in: EventWords.diskChangeReasons))]
        + (old.map { [("oldPath", $0)] } ?? []) + (new.map { [("newPath", $0)] } ?? [])
    case .trayChange(let device, let reason):
      return [("device", device), ("reason", Self.word(reason, in: EventWords.trayChangeReasons))]
    case .device(let alias): return [("device", alias)]
    case .agentLifecycle(let state, let reason):
      return [
        ("state", Self.word(state, in: EventWords.agentStates)),
        ("reason", Self.word(reason, in: EventWords.agentReasons)),
      ]
    case .metadataChange(let type, let namespace):
      return [("metadata", Self.word(type, in: EventWords.metadataTypes))]
        + (namespace.map { [("namespace", $0)] } ?? [])
    case .blockThreshold(let device, let path, _, _):
      return [("device", device)] + (path.map { [("path", $0)] } ?? [])
    case .memoryFailure(let recipient, let action, _):
      return [
        ("recipient", Self.word(recipient, in: EventWords.memoryFailureRecipients)),
        ("action", Self.word(action, in: EventWords.memoryFailureActions)),
      ]
    case .memoryDeviceSize(let alias, _): return [("device", alias)]
    case .none, .clockOffset, .balloon, .parameters, .migrationIteration: return []
    }
  }

  /// The word for a number, as the words of all JSON are: small letters and hyphens.
  private static func word(_ number: Int32, in table: [String]) -> String {
    word(EventWords.word(number, in: table))
  }

  private static func word(_ text: String) -> String {
    text.lowercased().replacing(" ", with: "-").replacing("/", with: "")
  }

  /// The word that `blockjob` has for it too.
  private static func blockJob(_ type: Int32) -> String {
    (BlockJobInfo.Kind(rawValue: type) ?? .unknown).name
  }

  private var numbers: [(String, Int64)] {
    func whole(_ number: UInt64) -> Int64 { Int64(clamping: number) }
    switch event.details {
    case .clockOffset(let seconds): return [("offsetSeconds", seconds)]
    case .balloon(let size): return [("memoryKiB", whole(size))]
    case .migrationIteration(let round): return [("iteration", Int64(round))]
    case .blockThreshold(_, _, let threshold, let excess):
      return [("thresholdBytes", whole(threshold)), ("excessBytes", whole(excess))]
    case .memoryFailure(_, _, let flags): return [("flags", Int64(flags))]
    case .memoryDeviceSize(_, let bytes): return [("sizeBytes", whole(bytes))]
    default: return []
    }
  }
}
