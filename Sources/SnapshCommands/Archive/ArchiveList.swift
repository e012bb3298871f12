import Operations
import SystemPackage

/// The archives of a directory as a table or JSON.
struct ArchiveList: CommandResult {
  struct Archive: Encodable {
    let file: String
    let guest: String?
    let uuid: String?
    /// By RFC 3339, in UTC.
    let instant: String?
    let instantSeconds: Int64?
    /// `disks`, `memory` or `cold`; only of archives of ours.
    let mode: String?
    /// `crash`, `filesystem` or `memory`; only of archives of ours.
    let consistency: String?
    let fileBytes: UInt64
    let diskBytes: UInt64?
    let memoryBytes: UInt64?
    let compression: String?
    let verified: String?
    let verifiedSeconds: Int64?
    /// `content`, or `structure` where the archive carries no digests.
    let proven: String?
    let proxmoxName: String?
    /// What is wrong with a damaged archive.
    let problem: String?
  }

  let archives: [Archive]
  private let showsProxmoxNames: Bool

  private enum CodingKeys: String, CodingKey { case archives }

  init(_ catalog: ArchiveCatalog, machine: Int?) {
    showsProxmoxNames = machine != nil
    archives = catalog.entries.map { entry in
      Archive(
        file: entry.path, guest: entry.guest?.name, uuid: entry.guest?.uuid,
        instant: entry.instant.map { LocalTime(seconds: $0).rfc3339 }, instantSeconds: entry.instant,
        mode: entry.guest?.mode.rawValue, consistency: entry.guest?.consistency.rawValue,
        fileBytes: entry.fileSize, diskBytes: entry.header.map { _ in entry.diskBytes },
        memoryBytes: entry.memoryBytes, compression: entry.compression?.rawValue,
        verified: entry.verification.map { LocalTime(seconds: $0.seconds).rfc3339 },
        verifiedSeconds: entry.verification?.seconds, proven: entry.verification?.proof.rawValue,
        proxmoxName: machine.flatMap { entry.proxmoxName(machine: $0) }, problem: entry.problem)
    }
  }

  func render(into text: inout TextOutput) {
    var table = TextTable(
      header: ["File", "Guest", "Instant", "Mode", "Consistency", "Disks", "Memory", "File size", "Verified"]
        + (showsProxmoxNames ? ["Proxmox name"] : []))
    for archive in archives {
      var row = [FilePath(archive.file).lastComponent?.string ?? archive.file, archive.guest ?? "-"]
      row.append(archive.instantSeconds.map { LocalTime(seconds: $0).text } ?? "-")
      row += [archive.mode ?? "-", archive.consistency ?? "-"]
      row += [archive.diskBytes, archive.memoryBytes, archive.fileBytes].map { size in
        size.map { BinarySize($0, decimals: 2).text } ?? "-"
      }
      row.append(
        archive.problem == nil
          ? archive.verifiedSeconds.map { LocalTime(seconds: $0).text } ?? "never" : "damaged")
      if showsProxmoxNames { row.append(archive.proxmoxName ?? "-") }
      table.add(row: row)
    }
    table.render(into: &text)
    for problem in archives.compactMap(\.problem) {
      text.printExtra("damaged: \(PrintableText(problem).text)\n")
    }
  }
}
