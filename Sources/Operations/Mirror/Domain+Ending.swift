import Glibc
import Libvirt

/// Guests that end while something is done to them.
extension Domain {
  /// Whether the guest runs; `nil` for one without a definition that has ended, which libvirt does not know any more.
  ///
  /// - Throws: libvirt's error.
  func isActiveIfKnown() throws(LibvirtError) -> Bool? {
    do {
      return try isActive()
    } catch  where error.code == .noDomain {
      return nil
    }
  }

  /// Whether the domain is shut off within 5 seconds: libvirt needs a moment to see that its QEMU has died.
  var isInactiveSoon: Bool { isInactive(within: 100) }

  /// Whether the domain is shut off within so many times 50 ms.
  func isInactive(within looks: Int) -> Bool {
    for _ in 0..<looks {
      // A connection that is lost tells nothing.
      do { if try isActiveIfKnown() != true { return true } } catch {}
      usleep(50_000)
    }
    return false
  }
}
