import CLibvirt

/// Whoever holds a reference of its own to one of libvirt's objects and gives it back when it goes.
protocol HandleOwner: AnyObject {
  /// The C handle.
  var handle: OpaquePointer { get }
}

extension HandleOwner {
  /// Runs one C call with the handle, which stays valid until the call is over.
  func withHandle<Value>(
    _ body: (OpaquePointer) throws(LibvirtError) -> Value
  ) throws(LibvirtError) -> Value {
    defer { withExtendedLifetime(self) {} }
    return try body(handle)
  }

  /// What a C call that cannot fail tells of the handle as text, empty where it tells nothing.
  func text(_ call: (OpaquePointer) -> UnsafePointer<CChar>?) -> String {
    defer { withExtendedLifetime(self) {} }
    return call(handle).map { String(cString: $0) } ?? ""
  }

  /// The UUID that a C call writes, in its 36-character form.
  func uuid(_ call: (OpaquePointer, UnsafeMutablePointer<CChar>) -> Int32) throws(LibvirtError) -> String {
    var text = [CChar](repeating: 0, count: Int(VIR_UUID_STRING_BUFLEN))
    try withHandle { (handle) throws(LibvirtError) in try check(call(handle, &text)) }
    return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}
