import Glibc
import Libvirt
import XMLTree

/// Work on the disks of a running guest that nobody is at any more.
extension DomainExamination {
  // MARK: Mirrors

  /// Mirrored snapshots that have lost a mirror, or were half ended when somebody ended the process.
  func mirrors() throws -> [Finding] {
    guard !isBusy else { return [] }
    return try MirrorRecords.read(of: domain).compactMap(finding(of:))
  }

  private func finding(of record: MirrorRecord) throws -> Finding? {
    let states = try MirrorState.all(of: record, on: domain)
    let named = "snapshot '\(record.snapshot)'"
    let deletion = "snapshot-delete \(name) \(record.snapshot)"
    func tell(_ explanation: String, advice: String? = nil, remedy: Mending.Remedy? = nil) -> Finding {
      Finding(.mirror, of: name, record.snapshot, explanation, advice: advice, remedy: remedy)
    }
    for (disk, _, state) in states {
      guard case .elsewhere(let path) = state else { continue }
      return tell(
        "\(named) is noted to mirror \(disk.target), which is \(path.map { "on '\($0)'" } ?? "gone"): somebody else has "
          + "moved it",
        advice: "'\(deletion) --metadata' forgets the snapshot and touches no file")
    }
    let merged = states.filter { $0.state == .merged }.map(\.disk.target).joined(separator: ", ")
    if !merged.isEmpty {
      return tell(
        "the end of mirrored \(named) was interrupted: the overlay of \(merged) has been merged back already",
        advice: "'\(deletion) --abort-mirror --commit' does the rest")
    }
    let pivoted = states.filter { $0.state == .pivoted }.map(\.disk.target).joined(separator: ", ")
    let broken = states.filter { $0.state == .broken }
    if states.allSatisfy({ $0.state == .pivoted }) {
      guard family[record.snapshot] == nil, !record.disks.contains(where: isOnOverlay) else {
        return tell(
          "the deletion of mirrored \(named) was interrupted: \(pivoted) went over to the second storage already",
          advice: "'\(deletion)' does the rest")
      }
      return tell(
        "the domain's metadata notes a mirror for \(named), which is no more",
        remedy: .forgetMirrors(record))
    }
    if !pivoted.isEmpty {
      return tell(
        "the deletion of mirrored \(named) was interrupted: \(pivoted) went over to the second storage, but not "
          + states.filter { $0.state != .pivoted }.map(\.disk.target).joined(separator: ", "),
        advice: try finishing(deletion, hasBroken: !broken.isEmpty))
    }
    guard let first = broken.first else { return nil }
    return tell(
      "\(named) should mirror \(first.disk.target) to '\(first.path)', but its job is gone",
      advice: try finishing(deletion, hasBroken: true))
  }

  private func finishing(_ deletion: String, hasBroken: Bool) throws -> String {
    guard hasBroken else { return "'\(deletion)' does the rest" }
    let staying = "'\(deletion) --abort-mirror' stays on the first storage"
    return try domain.isActive()
      ? "\(staying); with the guest shut off '\(deletion)' goes over to the second one"
      : "'\(deletion)' goes over to the second storage; \(staying)"
  }

  private func isOnOverlay(_ disk: MirrorRecord.Disk) -> Bool {
    family.top(of: disk.target)?.path == disk.overlay
  }

  // MARK: Block jobs

  func jobs() throws -> [Finding] {
    guard try !isBusy && domain.isActive() else { return [] }
    let mirrored = try MirrorRecords.read(of: domain).flatMap(\.mirrors).map(\.disk.target)
    return try family.disks.filter { $0.top != nil && !mirrored.contains($0.target) }.compactMap { disk in
      // Those of a backup are told as one.
      guard let job = try blockJob(on: disk.target), job.kind != .backup else { return nil }
      guard disk.mirror?.isReady == true else {
        return Finding(
          .job, of: name, disk.target,
          "a job runs on \(disk.target) (\(job.current) of \(job.end)) that no operation of snapsh began",
          advice: "let it end, or end it with 'blockjob \(name) \(disk.target) --abort'")
      }
      return Finding(
        .job, of: name, disk.target,
        "a job on \(disk.target) has been ready for its end since, and no operation of snapsh waits for it; it slows the "
          + "guest, and snapshots and saves are refused",
        remedy: .endJob(disk: disk.target))
    }
  }

  /// The job on a disk; none where the driver knows no such jobs.
  private func blockJob(on target: String) throws(LibvirtError) -> BlockJobInfo? {
    do {
      return try domain.blockJob(on: target)
    } catch  where error.code == .noSupport {
      return nil
    }
  }

  // MARK: Backup jobs

  /// A backup that libvirt is making: the domain's job until somebody ends it, however long its client has been gone.
  func backups() throws -> [Finding] {
    guard try !isBusy && domain.isActive(), let xml = try DiskBackup.runningBackup(of: domain) else {
      return []
    }
    let backup = try XMLDocument.parse(xml).root
    let mode = backup.attribute("mode") ?? "push"
    let socket = backup.firstElement(named: "server")?.attribute("socket")
    if let directory = socket.flatMap(DiskBackup.scratchDirectory(ofSocket:)) {
      guard !Self.isAlive(directory.process) else { return [] }
      return [
        Finding(
          .backup, of: name, directory.path,
          "a backup of process \(directory.process), which is gone, still runs: it keeps what the guest overwrites in "
            + "'\(directory.path)', and other jobs are refused",
          remedy: .endBackup(directory: directory.path))
      ]
    }
    return [
      Finding(
        .backup, of: name, mode,
        "a \(mode) backup runs that no operation of snapsh began"
          + (mode == "pull" ? "; it does not end by itself, and keeps what the guest overwrites" : ""),
        advice:
          "whoever began it ends it; if nobody is left to, 'domjobabort \(name)' does, and its scratch files go by hand"
      )
    ]
  }

  private static func isAlive(_ process: Int32) -> Bool { kill(process, 0) == 0 || errno != ESRCH }
}
