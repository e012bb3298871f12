import Operations
import SystemPackage

/// Interrupted operations that no libvirt has a part in: backups over a QEMU's monitor, restores of disks alone.
struct OperationsWithoutLibvirt {
  private let operations: [InterruptedOperation]

  /// - Parameters:
  ///   - journals: Where the journals are.
  ///   - guest: The name or UUID of the guest that is asked for; nil for all.
  init(in journals: FilePath, of guest: String?) {
    operations = InterruptedOperation.withoutLibvirt(in: journals).filter { operation in
      let record = operation.journal.record
      return guest.map { [record.domain, record.domainUUID].contains($0) } ?? true
    }
  }

  /// Whether there is none.
  var isEmpty: Bool { operations.isEmpty }

  /// All of them, each with what becomes of it.
  ///
  /// - Throws: What a damaged journal causes.
  func findings() throws -> [DoctorReport.Entry] {
    try operations.map { operation in
      let record = operation.journal.record
      let remainder = try operation.remainderWithoutLibvirt
      return DoctorReport.Entry(
        domain: record.domain, kind: .interruptedOperation, subject: record.operation,
        explanation: remainder.explanation, fix: remainder.mending, noUndo: remainder.irreversibility,
        advice: nil)
    }
  }

  /// Takes them back, or does the rest of them.
  ///
  /// - Throws: What could not be taken back.
  /// - Returns: What was done, as orders.
  func mend() throws -> [String] {
    try operations.flatMap { try $0.orders(after: $0.recoverWithoutLibvirt()) }
  }
}
