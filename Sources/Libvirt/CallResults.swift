import CLibvirt
import Glibc

/// Turns `-1` of a C call into the error it left behind.
@inline(__always)
func check(_ status: Int32) throws(LibvirtError) {
  if status < 0 { throw LibvirtError.last() }
}

/// Turns a C call's -1, 0, 1 into an error or a truth value.
@inline(__always)
func flag(_ status: Int32) throws(LibvirtError) -> Bool {
  try check(status)
  return status > 0
}

/// Takes over a string that the caller has to free; `nil` is an error.
func takeString(_ pointer: UnsafeMutablePointer<CChar>?) throws(LibvirtError) -> String {
  guard let pointer else { throw LibvirtError.last() }
  defer { free(pointer) }
  return String(cString: pointer)
}

/// Takes over a list of handles that libvirt allocated: each handle goes to `wrap`, which becomes its owner.
func takeList<Object>(
  _ count: Int32, _ list: UnsafeMutablePointer<OpaquePointer?>?, wrap: (OpaquePointer) -> Object
) throws(LibvirtError) -> [Object] {
  defer { free(list) }
  try check(count)
  return UnsafeBufferPointer(start: list, count: list == nil ? 0 : Int(count)).compactMap { $0.map(wrap) }
}
