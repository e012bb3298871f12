import Testing

@testable import Operations

@Suite("Whose a backup's socket is")
struct BackupScratchTests {
  @Test("ours tells the directory that holds it and the process that made that")
  func ours() throws {
    let found = try #require(
      DiskBackup.scratchDirectory(ofSocket: "/var/tmp/snapsh-backup-4711-abc/nbd.sock"))
    #expect(found.path == "/var/tmp/snapsh-backup-4711-abc")
    #expect(found.process == 4711)
  }

  @Test(
    "anybody else's is never taken for ours",
    arguments: [
      "/var/tmp/snapsh-backup-4711-abc/other.sock", "/var/tmp/snapsh-backup--abc/nbd.sock",
      "/var/tmp/snapsh-backup-0-abc/nbd.sock", "/var/tmp/snapsh-backup-4711/nbd.sock",
      "/var/tmp/snapsh-backup-99999999999-a/nbd.sock", "/var/tmp/backup-4711-abc/nbd.sock",
      "snapsh-backup-4711-abc/nbd.sock", "/nbd.sock", "",
    ])
  func others(path: String) {
    #expect(DiskBackup.scratchDirectory(ofSocket: path) == nil)
  }
}
