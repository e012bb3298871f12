import Foundation
import TestSupport

/// What is to be the same again after an operation was taken back, all asked of one virsh.
struct GuestState: Equatable {
  let answers: [String]
  let files: [String]
  let journals: [String]

  /// The image of the first disk, as the running definition or else the persistent one names it.
  let source: String

  init(of guest: EmbeddedGuest) throws {
    let questions = [
      "domstate", "domblklist", "domblklist --inactive", "snapshot-list --parent",
      "snapshot-current --name",
    ].map { line in
      let words = line.split(separator: " ", maxSplits: 1)
      return "\(words[0]) \(guest.name) \(words.dropFirst().joined())"
    }
    answers = try guest.virsh([questions.joined(separator: "; echo ===; ")]).check().stdout
      .components(separatedBy: "===")
    source = answers[1].split(separator: " ").last.map { $0.filter { !$0.isWhitespace } } ?? ""
    files = try FileManager.default.contentsOfDirectory(atPath: guest.root + "/disks").sorted()
    journals = try EndToEndTests.journals(of: guest)
  }
}
