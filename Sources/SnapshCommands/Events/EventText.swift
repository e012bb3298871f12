import Libvirt

extension DomainEvent {
  /// The event as virsh prints it, its last newline included.
  var text: String {
    let head = "event '\(kind.word)' for domain '\(domain)'"
    switch details {
    case .none: return "\(head)\n"
    case .lifecycle(let event, let detail): return "\(head): \(Self.lifecycleText(event, detail))\n"
    case .clockOffset(let seconds): return "\(head): \(seconds)\n"
    case .watchdog(let action):
      return "\(head): \(EventWords.word(action, in: EventWords.watchdogActions))\n"
    case .ioError(let path, let device, let action, let reason):
      let cause = reason.map { " due to \($0)" } ?? ""
      return
        "\(head): \(path) (\(device)) \(EventWords.word(action, in: EventWords.ioErrorActions))\(cause)\n"
    case .graphics(let client): return head + ": " + Self.text(of: client)
    case .blockJob(let disk, let type, let status):
      let words = (
        EventWords.word(type, in: EventWords.blockJobTypes),
        EventWords.word(status, in: EventWords.blockJobStatuses)
      )
      return "\(head): \(words.0) for \(disk) \(words.1)\n"
    case .diskChange(let old, let new, let device, let reason):
      return
        "\(head) disk \(device): \(old ?? "<null>") -> \(new ?? "<null>"): \(EventWords.word(reason, in: EventWords.diskChangeReasons))\n"
    case .trayChange(let device, let reason):
      return "\(head) disk \(device): \(EventWords.word(reason, in: EventWords.trayChangeReasons))\n"
    case .balloon(let size): return "\(head): \(size)KiB\n"
    case .device(let alias): return "\(head): \(alias)\n"
    case .parameters(let list):
      return "\(head):\n" + list.map { "\t\($0.name): \($0.value.eventText)\n" }.joined()
    case .agentLifecycle(let state, let reason):
      return
        "\(head): state: '\(EventWords.word(state, in: EventWords.agentStates))' reason: '\(EventWords.word(reason, in: EventWords.agentReasons))'\n"
    case .migrationIteration(let round): return "\(head): iteration: '\(round)'\n"
    case .metadataChange(let type, let namespace):
      return
        "\(head): type \(EventWords.word(type, in: EventWords.metadataTypes)), uri \(namespace ?? "<null>")\n"
    case .blockThreshold(let device, let path, let threshold, let excess):
      return "\(head): dev: \(device)(\(path ?? "<null>")) \(threshold) \(excess)\n"
    case .memoryFailure(let recipient, let action, let flags):
      return
        "\(head):\nrecipient: \(EventWords.word(recipient, in: EventWords.memoryFailureRecipients))\naction: \(EventWords.word(action, in: EventWords.memoryFailureActions))\nflags:\n\taction required: \(flags & 1)\n\trecursive: \(flags >> 1 & 1)\n"
    case .memoryDeviceSize(let alias, let bytes): return "\(head):\nalias: \(alias)\nsize: \(bytes)\n"
    }
  }

  private static func lifecycleText(_ event: Int32, _ detail: Int32) -> String {
    guard let index = Int(exactly: event), EventWords.lifecycle.indices.contains(index) else {
      return "unknown unknown"
    }
    let words = EventWords.lifecycle[index]
    return words.event + " " + EventWords.word(detail, in: words.details)
  }

  private static func text(of client: GraphicsClient) -> String {
    func text(_ address: GraphicsClient.Address) -> String {
      "[\(EventWords.word(address.family, in: EventWords.addressFamilies)) \(address.node) \(address.service)]"
    }
    let phase = EventWords.word(client.phase, in: EventWords.graphicsPhases)
    let line =
      "\(phase) local\(text(client.local)) remote\(text(client.remote)) \(client.authenticationScheme)\n"
    return line + client.identities.map { "\t\($0.type)=\($0.name)\n" }.joined()
  }
}

extension TypedParameter.Value {
  /// The value as virsh prints it in an event.
  var eventText: String {
    switch self {
    case .int32(let number): String(number)
    case .uint32(let number): String(number)
    case .int64(let number): String(number)
    case .uint64(let number): String(number)
    case .double(let number): String(number)
    case .boolean(let truth): truth ? "yes" : "no"
    case .string(let text): text
    }
  }
}
