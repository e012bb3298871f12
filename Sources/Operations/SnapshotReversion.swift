import Libvirt

/// Going back to a snapshot.
public enum SnapshotReversion {
  /// Takes a domain back to a snapshot, without force first even where force is allowed.
  ///
  /// Force is added only to an answer that the revert is risky, so that it never hides any other refusal.
  /// - Parameters:
  ///   - snapshot: Where to go back to.
  ///   - flags: The domain's state afterwards.
  ///   - forces: Whether a risky revert is wanted nevertheless.
  ///   - overridesManagedSave: Whether the one risk of a managed save is taken, because the save goes afterwards.
  /// - Throws: libvirt's error.
  public static func revert(
    to snapshot: DomainSnapshot, _ flags: SnapshotRevertFlags, forcingIfRisky forces: Bool,
    overridingManagedSave overridesManagedSave: Bool = false
  ) throws(LibvirtError) {
    do {
      try snapshot.revert(flags)
    } catch
      where error.code == .snapshotRevertRisky
      && (forces || (overridesManagedSave && error.message.contains("managed save")))
    {
      try snapshot.revert(flags.union(.force))
    }
  }
}
