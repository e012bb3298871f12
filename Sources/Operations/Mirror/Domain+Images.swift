import Libvirt

extension Domain {
  /// The snapshot of this name; nil where there is none.
  func existingSnapshot(named name: String) throws(LibvirtError) -> DomainSnapshot? {
    do {
      return try snapshot(named: name)
    } catch  where error.code == .noDomainSnapshot {
      return nil
    }
  }

  /// Refuses files that the domain has in use, running or as it is defined.
  ///
  /// - Throws: ``MirrorError`` `.inUse`, libvirt's error, `XMLError`.
  func requireUnused(_ paths: [String]) throws {
    let defined = try isPersistent() ? DiskChain.chains(inDomainXML: xml([.inactive])) : []
    for disk in try DiskChain.chains(inDomainXML: xml()) + defined {
      for image in disk.images where paths.contains(image.path) {
        throw MirrorError.inUse(disk: disk.target, path: image.path, domain: name)
      }
    }
  }
}

extension Domain {
  /// Refuses a domain whose images are on another host, where their paths mean nothing here, or something else.
  ///
  /// - Throws: ``ReversionError`` `.otherHost`, libvirt's error.
  public func requireImagesHere() throws {
    guard try connection.isLocal() else { throw ReversionError.otherHost(domain: name) }
  }
}
