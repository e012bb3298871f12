import CLibvirt

// One C function for each signature that libvirt calls with; each copies what it is given, which is libvirt's
// and gone afterwards. At file scope, so that none belongs to an actor.

extension DomainEvent.Kind {
  /// The C function for this kind, as the one type that the registration takes.
  var callback: virConnectDomainEventGenericCallback {
    switch self {
    case .lifecycle: lifecycleCallback
    case .reboot, .controlError: plainCallback
    case .pmWakeup, .pmSuspend, .pmSuspendDisk: powerManagementCallback
    case .rtcChange: clockChangeCallback
    case .watchdog: watchdogCallback
    case .ioError: ioErrorCallback
    case .ioErrorReason: ioErrorReasonCallback
    case .graphics: graphicsCallback
    case .blockJob, .blockJob2: blockJobCallback
    case .diskChange: diskChangeCallback
    case .trayChange: trayChangeCallback
    case .balloonChange: balloonChangeCallback
    case .deviceAdded, .deviceRemoved, .deviceRemovalFailed: deviceCallback
    case .tunable, .jobCompleted: parametersCallback
    case .agentLifecycle: agentLifecycleCallback
    case .migrationIteration: migrationIterationCallback
    case .metadataChange: metadataChangeCallback
    case .blockThreshold: blockThresholdCallback
    case .memoryFailure: memoryFailureCallback
    case .memoryDeviceSizeChange: memoryDeviceSizeCallback
    }
  }
}

private typealias Text = UnsafePointer<CChar>?
private typealias Opaque = UnsafeMutableRawPointer?

private func listener(_ opaque: Opaque) -> DomainEventListener? {
  opaque.map { Unmanaged<DomainEventListener>.fromOpaque($0).takeUnretainedValue() }
}

private func copy(_ text: Text) -> String? {
  text.map { String(cString: $0) }
}

private let plainCallback: virConnectDomainEventGenericCallback = { _, domain, opaque in
  listener(opaque)?.receive(domain, .none)
}

private typealias Lifecycle =
  @convention(c) (OpaquePointer?, OpaquePointer?, Int32, Int32, Opaque) -> Int32
private let lifecycleCallback = unsafeBitCast(
  { _, domain, event, detail, opaque in
    listener(opaque)?.receive(domain, .lifecycle(event: event, detail: detail))
    return 0
  } as Lifecycle, to: virConnectDomainEventGenericCallback.self)

private typealias OneNumber = @convention(c) (OpaquePointer?, OpaquePointer?, Int32, Opaque) -> Void
private let powerManagementCallback = unsafeBitCast(
  { _, domain, _, opaque in listener(opaque)?.receive(domain, .none) } as OneNumber,
  to: virConnectDomainEventGenericCallback.self)
private let watchdogCallback = unsafeBitCast(
  { _, domain, action, opaque in listener(opaque)?.receive(domain, .watchdog(action: action)) }
    as OneNumber, to: virConnectDomainEventGenericCallback.self)
private let migrationIterationCallback = unsafeBitCast(
  { _, domain, round, opaque in listener(opaque)?.receive(domain, .migrationIteration(round)) }
    as OneNumber, to: virConnectDomainEventGenericCallback.self)

private let clockChangeCallback = unsafeBitCast(
  { _, domain, seconds, opaque in listener(opaque)?.receive(domain, .clockOffset(seconds: seconds)) }
    as @convention(c) (OpaquePointer?, OpaquePointer?, Int64, Opaque) -> Void,
  to: virConnectDomainEventGenericCallback.self)

private let balloonChangeCallback = unsafeBitCast(
  { _, domain, size, opaque in listener(opaque)?.receive(domain, .balloon(kibibytes: size)) }
    as @convention(c) (OpaquePointer?, OpaquePointer?, UInt64, Opaque) -> Void,
  to: virConnectDomainEventGenericCallback.self)

private let ioErrorCallback = unsafeBitCast(
  { _, domain, path, device, action, opaque in
    listener(opaque)?.receive(
      domain, .ioError(path: copy(path) ?? "", device: copy(device) ?? "", action: action, reason: nil))
  } as @convention(c) (OpaquePointer?, OpaquePointer?, Text, Text, Int32, Opaque) -> Void,
  to: virConnectDomainEventGenericCallback.self)

private let ioErrorReasonCallback = unsafeBitCast(
  { _, domain, path, device, action, reason, opaque in
    listener(opaque)?.receive(
      domain,
      .ioError(
        path: copy(path) ?? "", device: copy(device) ?? "", action: action, reason: copy(reason) ?? ""))
  } as @convention(c) (OpaquePointer?, OpaquePointer?, Text, Text, Int32, Text, Opaque) -> Void,
  to: virConnectDomainEventGenericCallback.self)

private typealias GraphicsAddress = UnsafeMutablePointer<virDomainEventGraphicsAddress>?
private typealias GraphicsSubject = UnsafeMutablePointer<virDomainEventGraphicsSubject>?

private func copy(_ address: GraphicsAddress) -> DomainEvent.GraphicsClient.Address {
  DomainEvent.GraphicsClient.Address(
    family: address?.pointee.family ?? -1, node: copy(address?.pointee.node) ?? "",
    service: copy(address?.pointee.service) ?? "")
}

private func copy(_ subject: GraphicsSubject) -> [DomainEvent.GraphicsClient.Identity] {
  guard let subject else { return [] }
  let count = subject.pointee.identities == nil ? 0 : max(0, Int(subject.pointee.nidentity))
  return UnsafeBufferPointer(start: subject.pointee.identities, count: count).map { identity in
    DomainEvent.GraphicsClient.Identity(type: copy(identity.type) ?? "", name: copy(identity.name) ?? "")
  }
}

private let graphicsCallback = unsafeBitCast(
  { _, domain, phase, local, remote, scheme, subject, opaque in
    let client = DomainEvent.GraphicsClient(
      phase: phase, local: copy(local), remote: copy(remote), authenticationScheme: copy(scheme) ?? "",
      identities: copy(subject))
    listener(opaque)?.receive(domain, .graphics(client))
  }
    as @convention(c) (
      OpaquePointer?, OpaquePointer?, Int32, GraphicsAddress, GraphicsAddress, Text, GraphicsSubject, Opaque
    ) -> Void, to: virConnectDomainEventGenericCallback.self)

private let blockJobCallback = unsafeBitCast(
  { _, domain, disk, type, status, opaque in
    listener(opaque)?.receive(domain, .blockJob(disk: copy(disk) ?? "", type: type, status: status))
  } as @convention(c) (OpaquePointer?, OpaquePointer?, Text, Int32, Int32, Opaque) -> Void,
  to: virConnectDomainEventGenericCallback.self)

private let diskChangeCallback = unsafeBitCast(
  { _, domain, oldPath, newPath, device, reason, opaque in
    listener(opaque)?.receive(
      domain,
      .diskChange(
        oldPath: copy(oldPath), newPath: copy(newPath), device: copy(device) ?? "", reason: reason))
  } as @convention(c) (OpaquePointer?, OpaquePointer?, Text, Text, Text, Int32, Opaque) -> Void,
  to: virConnectDomainEventGenericCallback.self)

private let trayChangeCallback = unsafeBitCast(
  { _, domain, device, reason, opaque in
    listener(opaque)?.receive(domain, .trayChange(device: copy(device) ?? "", reason: reason))
  } as @convention(c) (OpaquePointer?, OpaquePointer?, Text, Int32, Opaque) -> Void,
  to: virConnectDomainEventGenericCallback.self)

private let deviceCallback = unsafeBitCast(
  { _, domain, alias, opaque in listener(opaque)?.receive(domain, .device(alias: copy(alias) ?? "")) }
    as @convention(c) (OpaquePointer?, OpaquePointer?, Text, Opaque) -> Void,
  to: virConnectDomainEventGenericCallback.self)

private let parametersCallback = unsafeBitCast(
  { _, domain, list, count, opaque in
    listener(opaque)?.receive(domain, .parameters(TypedParameter.copying(list, count: count)))
  }
    as @convention(c) (
      OpaquePointer?, OpaquePointer?, UnsafeMutablePointer<virTypedParameter>?, Int32, Opaque
    ) -> Void, to: virConnectDomainEventGenericCallback.self)

private typealias TwoNumbers = @convention(c) (OpaquePointer?, OpaquePointer?, Int32, Int32, Opaque) -> Void
private let agentLifecycleCallback = unsafeBitCast(
  { _, domain, state, reason, opaque in
    listener(opaque)?.receive(domain, .agentLifecycle(state: state, reason: reason))
  } as TwoNumbers, to: virConnectDomainEventGenericCallback.self)

private let metadataChangeCallback = unsafeBitCast(
  { _, domain, type, namespace, opaque in
    listener(opaque)?.receive(domain, .metadataChange(type: type, namespace: copy(namespace)))
  } as @convention(c) (OpaquePointer?, OpaquePointer?, Int32, Text, Opaque) -> Void,
  to: virConnectDomainEventGenericCallback.self)

private let blockThresholdCallback = unsafeBitCast(
  { _, domain, device, path, threshold, excess, opaque in
    listener(opaque)?.receive(
      domain,
      .blockThreshold(device: copy(device) ?? "", path: copy(path), threshold: threshold, excess: excess))
  } as @convention(c) (OpaquePointer?, OpaquePointer?, Text, Text, UInt64, UInt64, Opaque) -> Void,
  to: virConnectDomainEventGenericCallback.self)

private let memoryFailureCallback = unsafeBitCast(
  { _, domain, recipient, action, flags, opaque in
    listener(opaque)?.receive(
      domain, .memoryFailure(recipient: recipient, action: action, flags: flags))
  } as @convention(c) (OpaquePointer?, OpaquePointer?, Int32, Int32, UInt32, Opaque) -> Void,
  to: virConnectDomainEventGenericCallback.self)

private let memoryDeviceSizeCallback = unsafeBitCast(
  { _, domain, alias, bytes, opaque in
    listener(opaque)?.receive(domain, .memoryDeviceSize(alias: copy(alias) ?? "", bytes: bytes))
  } as @convention(c) (OpaquePointer?, OpaquePointer?, Text, UInt64, Opaque) -> Void,
  to: virConnectDomainEventGenericCallback.self)
