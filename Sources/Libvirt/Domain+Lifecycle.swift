import CLibvirt

/// Starting, stopping and undefining.
extension Domain {
  /// Starts it, from its managed save where it has one.
  ///
  /// The C functions are `virDomainCreate`, and `virDomainCreateWithFlags` (0.8.2) where a flag is set.
  public func start(_ flags: DomainStartFlags = []) throws(LibvirtError) {
    try withHandle { (handle) throws(LibvirtError) in
      try check(flags.isEmpty ? virDomainCreate(handle) : virDomainCreateWithFlags(handle, flags.rawValue))
    }
  }

  /// Starts it and hands open files over to it (`virDomainCreateWithFiles`, 1.1.1).
  public func start(
    passing fileDescriptors: [Int32], _ flags: DomainStartFlags = []
  ) throws(LibvirtError) {
    var files = fileDescriptors
    guard let count = UInt32(exactly: files.count) else {
      throw LibvirtError(code: .overflow, message: "too many file descriptors for one domain")
    }
    try withHandle { (handle) throws(LibvirtError) in
      try check(virDomainCreateWithFiles(handle, count, &files, flags.rawValue))
    }
  }

  /// Stops it at once, as pulling the plug does.
  ///
  /// The embedded QEMU driver may answer "domain is not running" for a guest that this very call has
  /// stopped; such an answer counts as success when the guest ran before and no longer does.
  /// The C functions are `virDomainDestroy`, and `virDomainDestroyFlags` (0.9.4) where a flag is set.
  public func destroy(_ flags: DomainDestroyFlags = []) throws(LibvirtError) {
    let wasActive = try isActive()
    do {
      try withHandle { (handle) throws(LibvirtError) in
        try check(
          flags.isEmpty ? virDomainDestroy(handle) : virDomainDestroyFlags(handle, flags.rawValue))
      }
    } catch {
      guard error.code == .operationInvalid, wasActive, (try? isActive()) == false else { throw error }
    }
  }

  /// Forgets its definition; a running domain goes on as a transient one.
  ///
  /// The C function is `virDomainUndefineFlags` (0.9.4).
  public func undefine(_ flags: DomainUndefineFlags = []) throws(LibvirtError) {
    try withHandle { (handle) throws(LibvirtError) in
      try check(virDomainUndefineFlags(handle, flags.rawValue))
    }
  }
}
