import CLibvirt
import Glibc

/// What `dominfo` tells.
extension Domain {
  /// Its processors, memory and time (`virDomainGetInfo`).
  public func information() throws(LibvirtError) -> DomainInformation {
    var info = virDomainInfo()
    try withHandle { (handle) throws(LibvirtError) in try check(virDomainGetInfo(handle, &info)) }
    return DomainInformation(
      state: DomainState(rawValue: Int32(info.state)) ?? .noState, processors: UInt32(info.nrVirtCpu),
      processorNanoseconds: info.cpuTime, maximumMemoryKiB: UInt64(info.maxMem),
      memoryKiB: UInt64(info.memory))
  }

  /// The kind of operating system, as `hvm` or `linux` (`virDomainGetOSType`).
  public func osType() throws(LibvirtError) -> String {
    try withHandle { (handle) throws(LibvirtError) in try takeString(virDomainGetOSType(handle)) }
  }

  /// The label its process runs under; empty where there is none (`virDomainGetSecurityLabel`, 0.6.1).
  public func securityLabel() throws(LibvirtError) -> SecurityLabel {
    var label = virSecurityLabel()
    try withHandle { (handle) throws(LibvirtError) in
      try check(virDomainGetSecurityLabel(handle, &label))
    }
    // The label itself comes first in the struct; Swift has no type for an array of its length.
    return SecurityLabel(text: cText(label), isEnforcing: label.enforcing == 1)
  }

  /// What is amiss with it: deprecations and taints, a sentence each (`virDomainGetMessages`, 7.1.0).
  public func messages() throws(LibvirtError) -> [String] {
    try withHandle { (handle) throws(LibvirtError) in
      var list: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?
      let count = virDomainGetMessages(handle, &list, 0)
      try check(count)
      defer { free(list) }
      return try UnsafeBufferPointer(start: list, count: list == nil ? 0 : Int(count)).map {
        (text) throws(LibvirtError) in try takeString(text)
      }
    }
  }
}

/// A domain's processors, memory and time (`virDomainInfo`).
public struct DomainInformation: Equatable, Sendable {
  /// The state.
  public let state: DomainState
  /// How many virtual processors it has.
  public let processors: UInt32
  /// The time they have used, in nanoseconds.
  public let processorNanoseconds: UInt64
  /// The most memory it may have, in KiB.
  public let maximumMemoryKiB: UInt64
  /// The memory it has, in KiB.
  public let memoryKiB: UInt64
}

/// The security label of a process (`virSecurityLabel`).
public struct SecurityLabel: Equatable, Sendable {
  /// The label.
  public let text: String
  /// Whether it is enforced rather than only watched.
  public let isEnforcing: Bool
}

extension Connection {
  /// The security model of the host and its domain of interpretation; `nil` where the driver knows none.
  ///
  /// The C function is `virNodeGetSecurityModel` (0.6.1).
  public func securityModel() throws(LibvirtError) -> (model: String, domainOfInterpretation: String)? {
    var model = virSecurityModel()
    do {
      try withHandle { (handle) throws(LibvirtError) in
        try check(virNodeGetSecurityModel(handle, &model))
      }
    } catch  where error.code == .noSupport {
      return nil
    }
    let name = cText(model.model)
    return name.isEmpty ? nil : (name, cText(model.doi))
  }
}

/// The text in an array of C characters, which Swift sees as a tuple.
private func cText(_ characters: some Any) -> String {
  withUnsafeBytes(of: characters) { bytes in String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self) }
}
