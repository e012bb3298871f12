/// What a client and the server have agreed on before the first request.
struct NegotiatedSession {
  let export: any NBDExport
  let usesStructuredReplies: Bool
  /// Whether the client may ask for `base:allocation`.
  let tellsAllocation: Bool
}

/// The fixed newstyle handshake with one client (doc/proto.md, "Fixed newstyle negotiation").
struct Negotiation {
  private let stream: ClientStream
  private let exports: [any NBDExport]
  private let defaultExport: (any NBDExport)?

  private var sendsPadding = true
  private var usesStructuredReplies = false
  /// The export for which the client has selected `base:allocation`.
  private var allocationExport: String?

  /// - Parameters:
  ///   - stream: the client.
  ///   - exports: what it may choose from.
  ///   - defaultExport: what it gets for an empty name.
  init(with stream: ClientStream, exports: [any NBDExport], defaultExport: (any NBDExport)?) {
    self.stream = stream
    self.exports = exports
    self.defaultExport = defaultExport
  }

  /// Talks until the client has chosen an export; nil when it has said goodbye or gone away instead.
  mutating func run() throws(ConnectionError) -> NegotiatedSession? {
    var greeting: [UInt8] = []
    greeting.append(wire: NBDProtocol.serverMagic)
    greeting.append(wire: NBDProtocol.optionMagic)
    greeting.append(
      wire: NBDProtocol.HandshakeFlags.fixedNewstyle | NBDProtocol.HandshakeFlags.noZeroes)
    try stream.send(greeting)
    guard var first = try header(4), let flags = first.number(UInt32.self) else { return nil }
    let known = UInt32(NBDProtocol.HandshakeFlags.fixedNewstyle | NBDProtocol.HandshakeFlags.noZeroes)
    guard flags & ~known == 0 else {
      throw .violation("it sent handshake flags that do not exist (\(flags))")
    }
    sendsPadding = flags & UInt32(NBDProtocol.HandshakeFlags.noZeroes) == 0
    while var fields = try header(16) {
      guard fields.number(UInt64.self) == NBDProtocol.optionMagic, let option = fields.number(UInt32.self),
        let length = fields.number(UInt32.self)
      else { throw .violation("what it sent where an option begins is none") }
      switch try take(option, length: length) {
      case .goOn: continue
      case .goodbye: return nil
      case .session(let session): return session
      }
    }
    return nil
  }

  private enum Step {
    case goOn
    case goodbye
    case session(NegotiatedSession)
  }

  /// A fixed number of bytes; nil when the client has gone before the first.
  private func header(_ count: Int) throws(ConnectionError) -> WireReader? {
    var bytes = [UInt8](repeating: 0, count: count)
    var failure: ConnectionError?
    var isThere = false
    bytes.withUnsafeMutableBytes { buffer in
      do throws(ConnectionError) { isThere = try stream.read(into: buffer) } catch { failure = error }
    }
    if let failure { throw failure }
    return isThere ? WireReader(bytes) : nil
  }

  private mutating func take(_ option: UInt32, length: UInt32) throws(ConnectionError) -> Step {
    guard length <= NBDProtocol.maximumOptionData else {
      guard length <= NBDProtocol.maximumDiscardedOptionData, option != NBDProtocol.Option.exportName else {
        throw .violation("it announced \(length) bytes for option \(option)")
      }
      try stream.discard(UInt64(length))
      try refuse(
        option, NBDProtocol.OptionReply.tooBig,
        "no option takes more than \(NBDProtocol.maximumOptionData) bytes")
      return .goOn
    }
    let data = try stream.bytes(Int(length))
    switch option {
    case NBDProtocol.Option.exportName:
      return .session(try choose(plainName: data))
    case NBDProtocol.Option.abort:
      // The client need not wait for the answer, so that it may be gone already.
      try? reply(option, NBDProtocol.OptionReply.ack)
      return .goodbye
    case NBDProtocol.Option.list:
      try list(data)
    case NBDProtocol.Option.info, NBDProtocol.Option.go:
      if let session = try describe(option, data) { return .session(session) }
    case NBDProtocol.Option.structuredReply:
      try takeStructuredReply(data)
    case NBDProtocol.Option.listMetaContext, NBDProtocol.Option.setMetaContext:
      try takeMetaContexts(option, data)
    default:
      try refuse(option, NBDProtocol.OptionReply.unsupported, "this server does not know option \(option)")
    }
    return .goOn
  }

  // MARK: - Options

  private func list(_ data: [UInt8]) throws(ConnectionError) {
    let option = NBDProtocol.Option.list
    guard data.isEmpty else {
      return try refuse(option, NBDProtocol.OptionReply.invalid, "a list takes no data")
    }
    for export in exports {
      var entry: [UInt8] = []
      entry.append(wire: UInt32(export.name.utf8.count))
      entry += Array(export.name.utf8) + Array(export.summary.utf8)
      try reply(option, NBDProtocol.OptionReply.server, entry)
    }
    try reply(option, NBDProtocol.OptionReply.ack)
  }

  private mutating func takeStructuredReply(_ data: [UInt8]) throws(ConnectionError) {
    let option = NBDProtocol.Option.structuredReply
    guard data.isEmpty else {
      return try refuse(option, NBDProtocol.OptionReply.invalid, "structured replies take no data")
    }
    usesStructuredReplies = true
    try reply(option, NBDProtocol.OptionReply.ack)
  }

  /// `NBD_OPT_EXPORT_NAME`: no way to say no but to hang up.
  private func choose(plainName data: [UInt8]) throws(ConnectionError) -> NegotiatedSession {
    guard let name = String(validating: data, as: UTF8.self), let export = export(named: name) else {
      throw .violation("it asked for an export that is not there")
    }
    let session = session(for: export)
    var answer: [UInt8] = []
    answer.append(wire: export.size)
    answer.append(wire: flags(of: session))
    if sendsPadding { answer += [UInt8](repeating: 0, count: 124) }
    export.clientAttached()
    do throws(ConnectionError) { try stream.send(answer) } catch {
      export.clientDetached()
      throw error
    }
    return session
  }

  /// `NBD_OPT_INFO` and `NBD_OPT_GO`.
  private func describe(_ option: UInt32, _ data: [UInt8]) throws(ConnectionError) -> NegotiatedSession? {
    var fields = WireReader(data)
    var wanted: [UInt16] = []
    guard let name = fields.text(), let count = fields.number(UInt16.self) else {
      try refuse(option, NBDProtocol.OptionReply.invalid, "the export's name is malformed")
      return nil
    }
    for _ in 0..<count { if let kind = fields.number(UInt16.self) { wanted.append(kind) } }
    guard wanted.count == Int(count), fields.isAtEnd else {
      try refuse(option, NBDProtocol.OptionReply.invalid, "the number of information requests is wrong")
      return nil
    }
    guard let export = export(named: name) else {
      try refuse(option, NBDProtocol.OptionReply.unknown, "there is no export '\(name)'")
      return nil
    }
    let session = session(for: export)
    var answer: [UInt8] = []
    answer.append(wire: NBDProtocol.Info.export)
    answer.append(wire: export.size)
    answer.append(wire: flags(of: session))
    try reply(option, NBDProtocol.OptionReply.info, answer)
    if wanted.contains(NBDProtocol.Info.name) {
      try inform(option, NBDProtocol.Info.name, Array(export.name.utf8))
    }
    if wanted.contains(NBDProtocol.Info.description), !export.summary.isEmpty {
      try inform(option, NBDProtocol.Info.description, Array(export.summary.utf8))
    }
    // Sent unasked too: every size down to a byte is taken, so that who does not look at it does nothing wrong.
    var sizes: [UInt8] = []
    sizes.append(wire: NBDProtocol.minimumBlock)
    sizes.append(wire: NBDProtocol.preferredBlock)
    sizes.append(wire: NBDProtocol.maximumPayload)
    try inform(option, NBDProtocol.Info.blockSize, sizes)
    guard option == NBDProtocol.Option.go else {
      try reply(option, NBDProtocol.OptionReply.ack)
      return nil
    }
    // Before the answer, so that a client that sees it is known.
    export.clientAttached()
    do throws(ConnectionError) { try reply(option, NBDProtocol.OptionReply.ack) } catch {
      export.clientDetached()
      throw error
    }
    return session
  }

  /// `NBD_OPT_LIST_META_CONTEXT` and `NBD_OPT_SET_META_CONTEXT`; there is one context, `base:allocation`.
  private mutating func takeMetaContexts(_ option: UInt32, _ data: [UInt8]) throws(ConnectionError) {
    let selects = option == NBDProtocol.Option.setMetaContext
    if selects { allocationExport = nil }
    guard usesStructuredReplies || !selects else {
      return try refuse(
        option, NBDProtocol.OptionReply.invalid, "structured replies must be negotiated first")
    }
    var fields = WireReader(data)
    guard let name = fields.text(), let count = fields.number(UInt32.self) else {
      return try refuse(option, NBDProtocol.OptionReply.invalid, "the export's name is malformed")
    }
    var queries: [String] = []
    while UInt32(queries.count) < count, let query = fields.text() { queries.append(query) }
    guard UInt32(queries.count) == count, fields.isAtEnd else {
      return try refuse(option, NBDProtocol.OptionReply.invalid, "the queries are malformed")
    }
    guard let export = export(named: name) else {
      return try refuse(option, NBDProtocol.OptionReply.unknown, "there is no export '\(name)'")
    }
    let matches =
      queries.contains(NBDProtocol.allocationContext)
      || !selects && (queries.isEmpty || queries.contains("base:"))
    if matches {
      var entry: [UInt8] = []
      entry.append(wire: selects ? NBDProtocol.allocationContextID : 0)
      entry += Array(NBDProtocol.allocationContext.utf8)
      try reply(option, NBDProtocol.OptionReply.metaContext, entry)
      if selects { allocationExport = export.name }
    }
    try reply(option, NBDProtocol.OptionReply.ack)
  }

  // MARK: - Exports and replies

  private func export(named name: String) -> (any NBDExport)? {
    if name.isEmpty, let defaultExport { return defaultExport }
    return exports.first { $0.name == name }
  }

  private func session(for export: any NBDExport) -> NegotiatedSession {
    NegotiatedSession(
      export: export, usesStructuredReplies: usesStructuredReplies,
      tellsAllocation: allocationExport == export.name)
  }

  private func flags(of session: NegotiatedSession) -> UInt16 {
    typealias Flags = NBDProtocol.TransmissionFlags
    var flags = Flags.hasFlags | Flags.sendFlush | Flags.canMultiConn
    if session.usesStructuredReplies { flags |= Flags.sendDF }
    flags |=
      session.export.isReadOnly
      ? Flags.readOnly : Flags.sendFUA | Flags.sendTrim | Flags.sendWriteZeroes | Flags.sendFastZero
    return flags
  }

  private func inform(_ option: UInt32, _ kind: UInt16, _ content: [UInt8]) throws(ConnectionError) {
    var answer: [UInt8] = []
    answer.append(wire: kind)
    try reply(option, NBDProtocol.OptionReply.info, answer + content)
  }

  private func refuse(_ option: UInt32, _ kind: UInt32, _ reason: String) throws(ConnectionError) {
    try reply(option, kind, Array(reason.utf8))
  }

  private func reply(_ option: UInt32, _ kind: UInt32, _ data: [UInt8] = []) throws(ConnectionError) {
    var answer: [UInt8] = []
    answer.append(wire: NBDProtocol.optionReplyMagic)
    answer.append(wire: option)
    answer.append(wire: kind)
    answer.append(wire: UInt32(data.count))
    try stream.send(answer + data)
  }
}
