import Testing

@testable import SnapshCommands

@Suite("Every command's result is one JSON object on one line")
struct JSONResultTests {
  @Test(
    "results",
    arguments: [
      (
        "domstate gamma",
        #"{"domain":"gamma","reason":"unknown","reasonCode":0,"state":"paused"}"#
      ),
      (
        "list --transient",
        #"{"domains":[{"hasManagedSave":false,"id":4,"name":"guest10","state":"running","uuid":"11111111-aaaa-4aaa-8aaa-000000000006"}]}"#
      ),
      (
        "domblklist beta",
        #"{"disks":[{"device":"disk","source":"/guest/beta, one.img","target":"vda","type":"file"},{"device":"disk","source":"/guest/beta-two.img","target":"vdb","type":"file"}],"domain":"beta"}"#
      ),
      (
        "snapshot-info alpha left-2",
        #"{"childCount":0,"creationTime":"2020-09-13T12:33:20Z","creationTimeSeconds":1600000400,"descendantCount":0,"domain":"alpha","hasMetadata":true,"isCurrent":false,"location":"external","parent":"left","snapshot":"left-2","state":"running"}"#
      ),
      (
        "snapshot-list alpha --no-leaves",
        #"{"domain":"alpha","snapshots":[{"creationTime":"2020-09-13T12:26:40Z","creationTimeSeconds":1600000000,"isCurrent":false,"location":"internal","name":"base","state":"running"},{"creationTime":"2020-09-13T12:28:20Z","creationTimeSeconds":1600000100,"isCurrent":false,"location":"internal","name":"left","parent":"base","state":"shutoff"}]}"#
      ),
      ("snapshot-parent alpha left", #"{"domain":"alpha","snapshot":"base"}"#),
      ("snapshot-current alpha --name", #"{"domain":"alpha","snapshot":"Right"}"#),
      ("snapshot-create-as beta s1", #"{"action":"created","domain":"beta","snapshot":"s1"}"#),
      (
        "snapshot-create-as beta s1 --print-xml",
        #"{"xml":"<domainsnapshot>\n  <name>s1</name>\n</domainsnapshot>\n"}"#
      ),
      ("dumpxml alpha --xpath //title", #"{"xml":"<title>The first one</title>\n"}"#),
      ("snapshot-delete alpha left", #"{"action":"deleted","domain":"alpha","snapshot":"left"}"#),
      (
        "snapshot-delete alpha left --children-only",
        #"{"action":"children-deleted","domain":"alpha","snapshot":"left"}"#
      ),
      (
        "managedsave-remove beta",
        #"{"action":"none","domain":"beta","uuid":"11111111-aaaa-4aaa-8aaa-000000000002"}"#
      ),
      (
        "managedsave alpha",
        #"{"action":"saved","domain":"alpha","uuid":"11111111-aaaa-4aaa-8aaa-000000000001"}"#
      ),
      (
        "start beta",
        #"{"action":"started","domain":"beta","uuid":"11111111-aaaa-4aaa-8aaa-000000000002"}"#
      ),
      (
        "destroy 1",
        #"{"action":"destroyed","domain":"alpha","uuid":"11111111-aaaa-4aaa-8aaa-000000000001"}"#
      ),
      (
        "undefine beta --storage vda",
        #"{"action":"undefined","domain":"beta","uuid":"11111111-aaaa-4aaa-8aaa-000000000002","volumes":[],"warnings":["Storage volume 'vda'(/guest/beta, one.img) is not managed by libvirt. Remove it manually."]}"#
      ),
    ])
  func result(words: String, json: String) {
    let run = NodeRun("--json", words)
    #expect(run.output == json + "\n")
    #expect(run.error.isEmpty)
    #expect(run.status == 0)
  }

  @Test(
    "errors carry libvirt's code and domain, and what was about to be done",
    arguments: [
      (
        "domstate nosuch",
        #"{"code":42,"context":["failed to get domain 'nosuch'"],"domain":12,"kind":"libvirt","message":"Domain not found"}"#
      ),
      (
        "snapshot-delete alpha left --metadata",
        #"{"code":8,"context":["Failed to delete snapshot left"],"domain":12,"kind":"libvirt","message":"unsupported flags (0x2) in function testDomainSnapshotDelete"}"#
      ),
      (
        "snapshot-create-as beta x --diskspec vda,mirror=/m",
        #"{"code":74,"domain":35,"kind":"libvirt","message":"argument unsupported: unable to handle mirroring for 'vda'"}"#
      ),
    ])
  func error(words: String, json: String) {
    let run = NodeRun("--json", words)
    #expect(run.error == #"{"error":\#(json)}"# + "\n")
    #expect(run.output.isEmpty)
    #expect(run.status == 1)
  }
}
