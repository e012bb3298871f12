import QMP
import Testing

@testable import Operations

/// Which of two failures is told: that of the QEMU which sends, or that of the archive which is received.
@Suite("A backup over a monitor that fails on both sides")
struct MonitorConductorTests {
  private struct Missed: Error, Equatable {}
  private struct Refusal: Error {}

  private func failure(of cause: any Error, undoing undo: @escaping () throws -> Void = {}) throws
    -> PlanFailure
  {
    let step = Step("migrate the memory", perform: { throw cause }, undoing: "end the migration", undo: undo)
    do throws(PlanFailure) { try Plan([step]).run(cancellation: Cancellation()) } catch { return error }
    throw Refusal()
  }

  @Test(
    "tells the loss of the monitor's connection, and not what was missed because of it",
    arguments: [QMPError.gone(path: "/monitor"), .system(path: "/monitor", .brokenPipe)])
  func lostConnection(cause: QMPError) throws {
    let told = MonitorConductor.told(Missed(), after: try failure(of: cause))
    #expect("\(told)" == "could not migrate the memory: \(cause)")
    // Whoever interrupts it wants nothing told.
    #expect(MonitorConductor.told(CancelledError(), after: try failure(of: cause)) is CancelledError)
  }

  @Test("tells the archive's own failure where the QEMU failed of that, or not at all")
  func archiveFailed() throws {
    for cause in [
      QMPError.refused(command: "cont", class: "GenericError", description: "no"), CancelledError(),
    ]
      as [any Error]
    {
      #expect(MonitorConductor.told(Missed(), after: try failure(of: cause)) is Missed)
    }
    #expect(MonitorConductor.told(Missed(), after: nil) is Missed)
  }

  @Test("tells the cause and what is left, where something in the QEMU could not be taken back")
  func leftBehind() throws {
    let cause = QMPError.gone(path: "/monitor")
    let told = MonitorConductor.told(Missed(), after: try failure(of: cause) { throw Refusal() })
    let text = "\(told)"
    #expect(text.contains("\(cause)"))
    #expect(text.contains("could not end the migration"))
  }
}
