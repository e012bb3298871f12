import Foundation
import Operations
import TestSupport
import Testing

@testable import Libvirt
@testable import SnapshCommands

@Suite("An event of any kind is a line that matches the schema")
struct EventLineTests {
  @Test("every kind, with words for every number that libvirt may send", arguments: DomainEvent.Kind.allCases)
  func everyKind(kind: DomainEvent.Kind) throws {
    let contract = ScriptContract()
    for details in Self.details(of: kind) {
      let event = DomainEvent(
        kind: kind, domain: "guest", uuid: "33333333-cccc-4ccc-8ccc-000000000001", details: details)
      let line = try JSONOutput.line(EventObject(event))
      #expect(try contract.problems(ofOutput: line, schema: "event.json") == [])
      #expect(try contract.problems(ofOutput: line, schema: "shared/event.json") == [])
    }
  }

  @Test("the last line counts the events and says why there are no more")
  func summary() throws {
    let contract = ScriptContract()
    for ending in [DomainEventWatch.Ending.event, .timeout, .interrupted] {
      let line = try JSONOutput.line(EventSummary(count: 2, ending: ending))
      #expect(try contract.problems(ofOutput: line, schema: "event.json") == [])
    }
  }

  /// What an event of a kind may tell; -1 and 99 are numbers that there are no words for.
  private static func details(of kind: DomainEvent.Kind) -> [DomainEvent.Details] {
    let numbers: [Int32] = Array(-1..<12) + [99]
    switch kind {
    case .lifecycle:
      return numbers.flatMap { event in numbers.map { .lifecycle(event: event, detail: $0) } }
    case .reboot, .controlError, .pmWakeup, .pmSuspend, .pmSuspendDisk: return [.none]
    case .rtcChange: return [.clockOffset(seconds: -3600)]
    case .watchdog: return numbers.map { .watchdog(action: $0) }
    case .ioError: return numbers.map { .ioError(path: "/a", device: "d", action: $0, reason: nil) }
    case .ioErrorReason:
      return numbers.map { .ioError(path: "/a", device: "d", action: $0, reason: "enospc") }
    case .graphics:
      let address = DomainEvent.GraphicsClient.Address(family: 0, node: "::1", service: "5900")
      return numbers.map {
        .graphics(
          DomainEvent.GraphicsClient(
            phase: $0, local: address, remote: address, authenticationScheme: "none", identities: []))
      }
    case .blockJob, .blockJob2:
      return numbers.flatMap { type in numbers.map { .blockJob(disk: "vda", type: type, status: $0) } }
    case .diskChange:
      return numbers.map { .diskChange(oldPath: nil, newPath: "/b", device: "d", reason: $0) }
    case .trayChange: return numbers.map { .trayChange(device: "d", reason: $0) }
    case .balloonChange: return [.balloon(kibibytes: .max)]
    case .deviceAdded, .deviceRemoved, .deviceRemovalFailed: return [.device(alias: "rng0")]
    case .tunable, .jobCompleted:
      return [
        .parameters([
          TypedParameter(name: "a", value: .string("x")), TypedParameter(name: "b", value: .uint64(.max)),
          TypedParameter(name: "c", value: .double(0.5)), TypedParameter(name: "d", value: .boolean(true)),
        ])
      ]
    case .agentLifecycle: return numbers.map { .agentLifecycle(state: $0, reason: $0) }
    case .migrationIteration: return [.migrationIteration(3)]
    case .metadataChange: return numbers.map { .metadataChange(type: $0, namespace: "urn:x") }
    case .blockThreshold:
      return [.blockThreshold(device: "vda[1]", path: nil, threshold: 1 << 40, excess: 512)]
    case .memoryFailure: return numbers.map { .memoryFailure(recipient: $0, action: $0, flags: 1) }
    case .memoryDeviceSizeChange: return [.memoryDeviceSize(alias: "virtiomem0", bytes: 1 << 30)]
    }
  }
}
