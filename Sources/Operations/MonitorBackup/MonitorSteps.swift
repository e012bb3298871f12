import QMP
import SystemPackage

/// What is begun in a QEMU for a backup, each with what takes it back: in the process that began it, or in another one
/// that has found its journal.
struct MonitorSteps {
  private let monitor: GuestMonitor
  private let parameters: MonitorBackup.Parameters
  /// The backups of its disks.
  let jobs: MonitorJobs

  init(at monitor: GuestMonitor, _ parameters: MonitorBackup.Parameters) {
    self.monitor = monitor
    self.parameters = parameters
    let prefix = FilePath(parameters.directory).lastComponent?.string ?? "snapsh-backup"
    jobs = MonitorJobs(of: monitor, disks: parameters.disks, prefix: prefix)
  }

  /// The disks, for people.
  var names: String { parameters.disks.map(\.name).joined(separator: ", ") }

  /// The migration of the memory.
  ///
  /// - Parameters:
  ///   - settings: as they were before it.
  ///   - resumes: whether a guest that ran goes on when the migration is taken back.
  ///   - check: throws when the memory is not wanted any more.
  /// - Returns: the migration, not begun.
  func migration(
    _ settings: MemoryMigration.Settings, resumes: Bool = true, check: @escaping () throws -> Void
  ) -> MemoryMigration {
    MemoryMigration(
      of: monitor, wasRunning: parameters.wasRunning && resumes, settings: settings, check: check)
  }

  func migrate(_ migration: MemoryMigration, perform: @escaping () throws -> Void) -> Step {
    undoable(
      "migrate the memory into the archive", perform,
      undoing: parameters.wasRunning ? "end the migration and let the guest go on" : "end the migration",
      undo: migration.takeBack)
  }

  func connect(perform: @escaping () throws -> Void) -> Step {
    undoable(
      "connect QEMU to the archive's disks", perform, undoing: "take QEMU's connections away",
      undo: jobs.removeNodes)
  }

  func begin(perform: @escaping () throws -> Void) -> Step {
    undoable(
      "begin the backup of \(names) in one transaction", perform, undoing: "end the backup of \(names)",
      undo: jobs.end)
  }

  /// The steps that another process can take back, where one was lost in the step of this index.
  ///
  /// Jobs end before the guest goes on: an error of a job that has lost its target is one of the guest's writes.
  func interrupted(in begun: Int) -> Plan {
    let backup = parameters.disks.isEmpty ? [] : [connect {}, begin {}]
    guard let settings = parameters.settings else { return Plan(backup) }
    // Behind the step in which it goes on, a guest that stands still was stopped by somebody else.
    let isAsLeft = begun <= backup.count + 1
    return Plan([migrate(migration(settings, resumes: isAsLeft) {}) {}] + backup)
  }

  /// A step in the QEMU; nothing is left to take back where that has ended.
  private func undoable(
    _ description: String, _ perform: @escaping () throws -> Void, undoing: String,
    undo: @escaping () throws -> Void
  ) -> Step {
    Step(description, perform: perform, undoing: undoing) { [monitor] in
      guard try monitor.reconnect() else { return }
      do { try undo() } catch let error as QMPError where error.isBroken {
        // Only now it shows that the connection is lost.
        guard try monitor.reconnect() else { return }
        try undo()
      }
    }
  }
}
