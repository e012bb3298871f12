import XMLTree

extension SnapshotReader {
  /// Reads an `<encryption>` (`virStorageEncryptionParseNode`).
  mutating func readEncryption(_ place: ElementPlace) -> SnapshotDiskSource.Encryption? {
    guard let format = place.attribute("format")?.nonEmpty else {
      report(.init(.xmlError, .storage, "unknown volume encryption format"), at: place)
      return nil
    }
    // luks-any came after 9.0.
    guard ["default", "qcow", "luks", "luks2", "luks-any"].contains(format) else {
      report(
        .init(.unsupportedConfiguration, .storage, "unknown volume encryption format type \(format)"),
        at: place)
      return nil
    }
    var encryption = SnapshotDiskSource.Encryption(format: format)
    if let engine = place.attribute("engine") {
      guard engine == "qemu" || engine == "librbd" else {
        report(.invalidAttribute("engine", of: place.element, engine), at: place)
        return nil
      }
      encryption.engine = engine
    }
    for secret in place.all("secret") {
      if let read = readPassphrase(secret) { encryption.secrets.append(read) }
    }
    // libvirt looks at these for LUKS only; the other formats leave no choice.
    guard format == "luks" else { return encryption }
    if let cipher = place.first("cipher") {
      encryption.cipher = readCipher(cipher)
      if let ivgen = place.first("ivgen") { encryption.initialVector = readInitialVector(ivgen) }
    } else if let ivgen = place.first("ivgen") {
      report(.init(.xmlError, .storage, "ivgen element found, but cipher is missing"), at: ivgen)
    }
    return encryption
  }

  private mutating func readPassphrase(_ place: ElementPlace) -> SnapshotDiskSource.Secret? {
    guard let type = place.attribute("type")?.nonEmpty else {
      report(.init(.xmlError, .storage, "unknown volume encryption secret type"), at: place)
      return nil
    }
    guard type == "passphrase" else {
      report(
        .init(.unsupportedConfiguration, .storage, "unknown volume encryption secret type \(type)"), at: place
      )
      return nil
    }
    guard let lookup = readSecretLookup(place) else { return nil }
    return SnapshotDiskSource.Secret(type: type, lookup: lookup)
  }

  private mutating func readCipher(_ place: ElementPlace) -> SnapshotDiskSource.Encryption.Cipher? {
    guard let name = place.attribute("name") else {
      report(.init(.xmlError, .storage, "cipher info missing 'name' attribute"), at: place)
      return nil
    }
    guard place.attribute("size") != nil else {
      report(.missingAttribute("size", of: place.element), at: place)
      return nil
    }
    guard let size = readNumber("size", place) else { return nil }
    return SnapshotDiskSource.Encryption.Cipher(
      name: name, size: size, mode: place.attribute("mode"), hash: place.attribute("hash"))
  }

  private mutating func readInitialVector(
    _ place: ElementPlace
  ) -> SnapshotDiskSource.Encryption.InitialVector? {
    guard let name = place.attribute("name") else {
      report(.init(.xmlError, .storage, "missing ivgen info name string"), at: place)
      return nil
    }
    return SnapshotDiskSource.Encryption.InitialVector(name: name, hash: place.attribute("hash"))
  }
}
