import CLibvirt

/// Saving to a file of one's own, and the document inside a save.
extension Domain {
  /// Saves its memory to a file and stops it; returns when that is done.
  ///
  /// The C functions are `virDomainSave`, and `virDomainSaveFlags` (0.9.4) where a flag or a document is given.
  /// - Parameters:
  ///   - path: The file, absolute.
  ///   - xml: What is to stand in the file instead of the domain's own document.
  ///   - flags: How it is saved.
  /// - Throws: ``LibvirtError``.
  public func save(
    to path: String, xml: String? = nil, _ flags: DomainSaveFlags = []
  ) throws(LibvirtError) {
    try withHandle { (handle) throws(LibvirtError) in
      try check(
        flags.isEmpty && xml == nil
          ? virDomainSave(handle, path) : virDomainSaveFlags(handle, path, xml, flags.rawValue))
    }
  }

  /// The document inside its managed save (`virDomainManagedSaveGetXMLDesc`, 3.7.0).
  public func managedSaveXML(secure: Bool = false) throws(LibvirtError) -> String {
    let flags = secure ? UInt32(VIR_DOMAIN_SAVE_IMAGE_XML_SECURE.rawValue) : 0
    return try withHandle { (handle) throws(LibvirtError) in
      try takeString(virDomainManagedSaveGetXMLDesc(handle, flags))
    }
  }

  /// Replaces the document inside its managed save (`virDomainManagedSaveDefineXML`, 3.7.0).
  ///
  /// Of the flags only running and paused count: how its next start leaves it.
  public func defineManagedSave(xml: String, _ flags: DomainSaveFlags = []) throws(LibvirtError) {
    try withHandle { (handle) throws(LibvirtError) in
      try check(virDomainManagedSaveDefineXML(handle, xml, flags.rawValue))
    }
  }
}

extension Connection {
  /// Starts the domain that a file holds from the memory in it.
  ///
  /// The C functions are `virDomainRestore`, and `virDomainRestoreFlags` (0.9.4) where a flag or a document is given.
  public func restore(
    from path: String, xml: String? = nil, _ flags: DomainSaveFlags = []
  ) throws(LibvirtError) {
    try withHandle { (handle) throws(LibvirtError) in
      try check(
        flags.isEmpty && xml == nil
          ? virDomainRestore(handle, path) : virDomainRestoreFlags(handle, path, xml, flags.rawValue))
    }
  }

  /// The document inside a file that a save has written (`virDomainSaveImageGetXMLDesc`, 0.9.4).
  public func saveImageXML(of path: String, secure: Bool = false) throws(LibvirtError) -> String {
    let flags = secure ? UInt32(VIR_DOMAIN_SAVE_IMAGE_XML_SECURE.rawValue) : 0
    return try withHandle { (handle) throws(LibvirtError) in
      try takeString(virDomainSaveImageGetXMLDesc(handle, path, flags))
    }
  }

  /// Replaces the document inside a file that a save has written (`virDomainSaveImageDefineXML`, 0.9.4).
  public func defineSaveImage(
    _ path: String, xml: String, _ flags: DomainSaveFlags = []
  ) throws(LibvirtError) {
    try withHandle { (handle) throws(LibvirtError) in
      try check(virDomainSaveImageDefineXML(handle, path, xml, flags.rawValue))
    }
  }
}
