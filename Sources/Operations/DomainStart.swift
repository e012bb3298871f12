import Libvirt

/// Starting a domain as an operator asks for it.
public enum DomainStart {
  /// Starts a domain; a fresh boot is had from drivers without the flag for it too, by removing the managed save first.
  ///
  /// - Parameters:
  ///   - domain: A domain that is not running.
  ///   - files: Open files handed over to the guest.
  ///   - flags: How it is started.
  /// - Throws: libvirt's error.
  public static func start(
    _ domain: Domain, passing files: [Int32], _ flags: DomainStartFlags
  ) throws(LibvirtError) {
    do {
      try call(domain, files, flags)
    } catch  where flags.contains(.forceBoot) && [.noSupport, .invalidArgument].contains(error.code) {
      if try domain.hasManagedSave() { try domain.removeManagedSave() }
      try call(domain, files, flags.subtracting(.forceBoot))
    }
  }

  private static func call(
    _ domain: Domain, _ files: [Int32], _ flags: DomainStartFlags
  ) throws(LibvirtError) {
    if files.isEmpty {
      try domain.start(flags)
    } else {
      try domain.start(passing: files, flags)
    }
  }
}
