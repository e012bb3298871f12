import Libvirt
import XMLTree

/// Changes of a snapshot's metadata by defining it anew.
public enum SnapshotRedefinition {
  /// Makes a snapshot its domain's current one; nothing else about either changes.
  ///
  /// - Throws: libvirt's error; the metadata is then as it was.
  public static func makeCurrent(_ snapshot: DomainSnapshot) throws(LibvirtError) {
    let xml = try snapshot.xml(.secure)
    var flags: SnapshotCreateFlags = [.redefine, .current]
    // libvirt tells a disk-only snapshot by the flag, not by the document.
    if let record = try? SnapshotRecord(xml: xml), record.state == "disk-snapshot" {
      flags.insert(.diskOnly)
    }
    _ = try snapshot.domain.createSnapshot(xml: xml, flags)
  }
}
