import CLibCrypto

/// MD5 as the format uses it: over a header, its own 16 bytes taken as zero.
///
/// It guards against accidents only. One context serves all headers of an archive, so that a header costs
/// about a microsecond. The C functions are `EVP_DigestInit_ex2`, `EVP_DigestUpdate` and `EVP_DigestFinal_ex`.
struct HeaderChecksum: ~Copyable {
  static let size = 16

  private let algorithm: OpaquePointer
  private let context: OpaquePointer

  /// - Throws: ``VMAError`` when libcrypto offers no MD5.
  init() throws(VMAError) {
    // The property query keeps a system-wide FIPS default from hiding MD5: this is no signature.
    guard let algorithm = EVP_MD_fetch(nil, "MD5", "-fips") else {
      throw VMAError(.checksumUnavailable)
    }
    guard let context = EVP_MD_CTX_new() else {
      EVP_MD_free(algorithm)
      throw VMAError(.checksumUnavailable)
    }
    self.algorithm = algorithm
    self.context = context
  }

  deinit {
    EVP_MD_CTX_free(context)
    EVP_MD_free(algorithm)
  }

  /// The MD5 of `bytes` with the 16 bytes at `fieldOffset` taken as zero.
  func compute(
    _ bytes: UnsafeRawBufferPointer, fieldOffset: Int
  ) throws(VMAError) -> (high: UInt64, low: UInt64) {
    var zeros: (UInt64, UInt64) = (0, 0)
    var digest: (UInt64, UInt64) = (0, 0)
    var length: UInt32 = 0
    let after = fieldOffset + Self.size
    let done =
      EVP_DigestInit_ex2(context, algorithm, nil) == 1
      && EVP_DigestUpdate(context, bytes.baseAddress, fieldOffset) == 1
      && EVP_DigestUpdate(context, &zeros, Self.size) == 1
      && EVP_DigestUpdate(context, bytes.baseAddress.map { $0 + after }, bytes.count - after) == 1
      && withUnsafeMutableBytes(of: &digest) {
        EVP_DigestFinal_ex(context, $0.baseAddress?.assumingMemoryBound(to: UInt8.self), &length) == 1
      }
    guard done, length == Self.size else { throw VMAError(.checksumUnavailable) }
    return (UInt64(bigEndian: digest.0), UInt64(bigEndian: digest.1))
  }

  /// Writes the checksum of `bytes` into its field.
  func seal(_ bytes: UnsafeMutableRawBufferPointer, fieldOffset: Int) throws(VMAError) {
    let digest = try compute(UnsafeRawBufferPointer(bytes), fieldOffset: fieldOffset)
    bytes.storeBigEndian(digest.high, at: fieldOffset)
    bytes.storeBigEndian(digest.low, at: fieldOffset + 8)
  }

  /// Whether the field holds the checksum of `bytes`.
  func matches(_ bytes: UnsafeRawBufferPointer, fieldOffset: Int) throws(VMAError) -> Bool {
    let digest = try compute(bytes, fieldOffset: fieldOffset)
    return bytes.bigEndian(at: fieldOffset) == digest.high
      && bytes.bigEndian(at: fieldOffset + 8) == digest.low
  }
}
