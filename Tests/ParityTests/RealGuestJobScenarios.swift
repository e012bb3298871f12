extension RealGuestScenario {
  private static let copy = "blockcopy bare vda --transient-job --dest @root/"

  /// Jobs on disks, backups, checkpoints, and what disks are asked.
  static let jobs = [
    RealGuestScenario(
      testDescription: "what disks and file systems are asked",
      lines: [
        "domblkinfo bare vda", "domblkinfo bare vda --human", "domblkinfo bare --all", "domblkinfo bare hdc",
        "domblkinfo bare vdz", "domblkinfo bare @root/disks/vdb.raw", "domblkinfo guest --all --human",
        "domblkerror bare", "domblkerror guest", "domblkstat bare", "domblkstat bare vda",
        "domblkstat bare vda --human", "domblkstat bare --human", "domblkstat bare ''", "domblkstat bare vdz",
        "domblkstat guest vda", "domfsinfo bare", "domfsinfo guest", "domfsfreeze bare",
        "domfsfreeze bare / /home", "domfsthaw bare", "domfsthaw bare /", "domjobinfo bare",
        "domjobinfo bare --rawstats", "domjobinfo bare --anystats", "domjobinfo guest", "domjobabort bare",
        "domjobabort bare --postcopy", "domjobabort guest", "backup-dumpxml bare", "blockjob bare vda",
        "blockjob bare vda --raw", "blockjob bare vdz", "blockjob guest vda", "blockjob bare vda --abort",
        "blockjob bare vda --pivot", "blockjob bare vda 10", "blockjob bare vda --bandwidth -1",
        // The embedded driver has no storage pools.
        "pool-list", "pool-list --inactive --name", "pool-list --all --details", "vol-list default",
        "vol-list default --details",
      ]),
    RealGuestScenario(
      testDescription: "a disk is copied, finished, limited, cancelled and pivoted to",
      lines: [
        "blockcopy bare vda --dest @root/c0", "blockcopy bare vda --dest c0 --transient-job",
        "blockcopy bare vdz --dest @root/c0 --transient-job --wait", "\(copy)c1 --wait --verbose --finish",
        "\(copy)c2 --wait --verbose --format raw", "blockjob bare vda", "blockjob bare vda --raw",
        "blockjob bare vda --bytes", "blockjob bare vda --bandwidth 10", "blockjob bare vda",
        "blockjob bare vda --raw", "blockjob bare vda --raw --bytes", "blockjob bare vda 10M --bytes",
        "\(copy)c3", "blockpull bare vda", "blockcommit bare vda", "blockjob bare vda --abort",
        "blockjob bare vda", "\(copy)c3 --pivot --verbose", "domblklist bare", "\(copy)c4 --pivot",
        "\(copy)c5 --finish --granularity 65536 --buf-size 1048576",
        "\(copy)c6 --granularity 3", "\(copy)c7 --wait --synchronous-writes", "blockjob bare vda --pivot",
        "domblklist bare", "\(copy)c8 --bandwidth 100000 --bytes --timeout 1 --verbose", "blockjob bare vda",
        "\(copy)c9", "blockjob bare vda --info", "blockjob bare vda --abort",
      ]),
    RealGuestScenario(
      testDescription: "overlays are committed and pulled",
      lines: [
        overlay("o1"), overlay("o2"), overlay("o3"), "blockcommit bare vda", "blockcommit guest vda",
        "blockcommit bare vdz", "blockcommit bare vda --top /nosuch", "blockcommit bare vda --base /nosuch",
        "blockcommit bare vda --shallow --base /nosuch",
        "blockcommit bare vda --top @root/o2 --shallow --wait --verbose", "domblklist bare",
        "blockcommit bare vda --active --wait --verbose", "blockjob bare vda", "blockjob bare vda --raw",
        "blockjob bare vda --abort", "blockcommit bare vda --active --wait", "blockjob bare vda --pivot",
        overlay("o4"), "blockcommit bare vda --keep-overlay --verbose", "blockcommit bare vda --keep-overlay",
        "blockcommit bare vda --pivot --verbose --delete --shallow", "domblklist bare", overlay("o5"),
        "blockcommit bare vda --pivot --bandwidth 10 --bytes", overlay("o6"), overlay("o7"),
        "blockcommit bare vda --wait --top vda[1] --base vda[2]", "blockpull bare vda --base /nosuch",
        "blockpull bare vda --keep-relative", "blockpull bare vdz --wait",
        "blockpull bare vda --base @root/o6 --wait",
        "blockpull bare vda --wait --verbose", "blockpull bare vda --wait", "domblklist bare",
        overlay("o8"), "blockpull bare vda --wait --timeout 1 --bandwidth 1 --bytes", "blockjob bare vda",
      ]),
    RealGuestScenario(
      testDescription: "a pull backup with its checkpoint is begun, told of, and ended",
      lines: [
        "backup-begin bare @root/wrong.xml", "backup-begin bare @root/nosuch.xml", "backup-begin guest",
        "backup-begin bare @root/pull.xml @root/checkpoint.xml", "backup-dumpxml bare",
        "backup-dumpxml bare --xpath //disk", "backup-dumpxml bare --xpath //disk --wrap",
        "domjobinfo bare", "domjobinfo bare --rawstats", "domjobinfo bare --anystats", "blockjob bare vda",
        "blockjob bare vda --raw", "domjobabort bare", "backup-dumpxml bare",
        "domjobinfo bare --completed --keep-completed", "domjobinfo bare --completed --rawstats",
        "checkpoint-list bare", "checkpoint-delete bare with-backup", "managedsave bare",
        "domjobinfo bare --completed --keep-completed", "domjobinfo bare --completed",
        "domjobinfo bare --completed",
      ]),
    RealGuestScenario(
      testDescription: "checkpoints are made, listed, described and deleted",
      lines: [
        "checkpoint-create-as bare c1", "checkpoint-create bare", "checkpoint-create-as guest c1",
        "checkpoint-create-as bare c1 --quiesce", made("c1"), made("c2"), made("C3"), made("c1"),
        "checkpoint-list bare", "checkpoint-list bare --parent", "checkpoint-list bare --tree",
        "checkpoint-list bare --from c1 --descendants --tree", "checkpoint-list bare --from c1 --parent",
        "checkpoint-list bare --from c1 --name --descendants", "checkpoint-list bare --leaves",
        "checkpoint-list bare --no-leaves --topological", "checkpoint-info bare c2",
        "checkpoint-parent bare C3", "checkpoint-parent bare c1", "checkpoint-dumpxml bare c2",
        "checkpoint-dumpxml bare c2 --no-domain --size", "checkpoint-dumpxml bare C3 --no-domain --size",
        "checkpoint-dumpxml bare c2 --xpath //disk --wrap", "checkpoint-delete bare c2",
        "checkpoint-list bare --tree", "checkpoint-delete bare c1 --children --children-only",
        "checkpoint-delete bare c1 --metadata", "checkpoint-delete bare C3 --children-only",
        "checkpoint-delete bare C3 --children", "checkpoint-list bare",
      ]),
    RealGuestScenario(
      testDescription: "disks grow",
      lines: [
        "blockresize bare vda 128M", "blockresize bare vda 262144", "domblkinfo bare vda",
        "blockresize bare vda 300MB", "blockresize bare vda ' 400000'", "domblkinfo bare vda",
        "blockresize bare vdb 64MiB", "domblkinfo bare vdb --human", "blockresize bare vdz 1G",
        "blockresize guest vda 1G", "blockresize bare vda 1x", "blockresize bare vda 99999999999999E",
        "blockresize bare vda 1EiB",
      ]),
  ]

  private static func overlay(_ name: String) -> String {
    "snapshot-create-as bare \(name) --disk-only --no-metadata --diskspec vda,file=@root/\(name)"
      + " --diskspec vdb,snapshot=no"
  }

  private static func made(_ name: String) -> String {
    "checkpoint-create-as bare \(name) 'for \(name)' --diskspec vda,checkpoint=bitmap --diskspec vdb,checkpoint=no"
  }
}
