import Glibc
import QMP
import SystemPackage

/// Backups over a monitor whose process is gone.
extension MonitorBackup {
  /// The journal of a backup of the QEMU at this socket that goes on, or was interrupted; nil where there is none.
  public static func journal(ofMonitor socket: String, in directory: FilePath) -> OperationJournal? {
    OperationJournal.all(in: directory).first { journal in
      guard journal.record.operation == operation, let parameters = try? parameters(of: journal) else {
        return false
      }
      return StorageCheck.isSame(parameters.way.socket, socket)
    }
  }

  private static func parameters(of journal: OperationJournal) throws -> ArchivingParameters<Parameters> {
    try journal.record.parameters(as: ArchivingParameters<Parameters>.self)
  }

  /// Takes one back: no job and no connection of its is left in QEMU, the guest runs if it did, and no file is left.
  ///
  /// Where QEMU is gone, or another one is at the socket, nothing is done in it.
  /// - Throws: `QMPError` where it cannot be reached, ``ArchiveOperationError``, ``JournalError``.
  /// - Returns: what was undone, and what could not be.
  static func takeBack(_ journal: OperationJournal) throws -> PlanFailure {
    let parameters = try parameters(of: journal)
    let monitor = GuestMonitor(path: parameters.way.socket, of: parameters.way.qemu)
    let plan =
      try monitor.reconnect()
      ? MonitorSteps(at: monitor, parameters.way).interrupted(in: journal.begun) : Plan([])
    return plan.rollBack(journal) {
      let directory = parameters.way.directory
      for socket in ["memory", "disks"] { unlink("\(directory)/\(socket)") }
      guard rmdir(directory) == 0 || errno == ENOENT else {
        throw ArchiveOperationError.file(
          operation: "remove", path: directory, errno: Errno(rawValue: errno))
      }
      return try parameters.archive.map {
        try UnfinishedFile.remove(of: $0, writtenBy: journal.record.processID)
      } ?? []
    }
  }

  /// What is left of one, as its QEMU tells.
  ///
  /// - Throws: what a damaged journal causes.
  static func remainder(of journal: OperationJournal) throws -> InterruptedOperation.Remainder {
    let way = try parameters(of: journal).way
    let monitor = GuestMonitor(path: way.socket, of: way.qemu)
    let files = "remove what is left of its files"
    let (state, mending): (String, String)
    do throws(QMPError) {
      if try monitor.reconnect() {
        let status = try monitor.execute("query-status")
        let runs = status["running"]?.boolean == true
        state = runs ? "the guest runs" : "the guest stands still (\(status["status"]?.string ?? "unknown"))"
        let resumption = !runs && way.wasRunning ? "let the guest go on, " : ""
        mending = "end its work in QEMU, \(resumption)and \(files)"
      } else {
        (state, mending) = ("its QEMU is gone", files)
      }
    } catch {
      (state, mending) = ("how the guest is cannot be told (\(error))", "end its work in QEMU, and \(files)")
    }
    return .init(
      explanation: "a backup of the QEMU at '\(way.socket)' was interrupted (process "
        + "\(journal.record.processID) is gone); \(state)",
      mending: mending, irreversibility: "the backup can be made again, of a later moment")
  }
}
