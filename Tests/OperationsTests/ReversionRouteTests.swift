import Libvirt
import Testing

@testable import Operations

@Suite("Who takes a domain back to an external snapshot")
struct ReversionRouteTests {
  /// Capabilities as libvirt 9.9 gives them, with or without its promise.
  private func capabilities(_ features: String...) -> String {
    let guests = features.map { "<guest><os_type>hvm</os_type><features><acpi/>\($0)</features></guest>" }
    return "<capabilities><host/>\(guests.joined())</capabilities>"
  }

  @Test(
    "libvirt is asked first where it promises that it can and nothing is to be kept, whatever its version")
  func promised() throws {
    let promise = capabilities("", "<externalSnapshot/>")
    #expect(try ReversionRoute.external(discards: true, capabilities: promise) == .libvirtFirst)
  }

  @Test("our own steps go where it promises nothing, or where what the guest is now is to be kept")
  func own() throws {
    #expect(try ReversionRoute.external(discards: true, capabilities: capabilities("")) == .ownSteps)
    #expect(try ReversionRoute.external(discards: true, capabilities: "<capabilities/>") == .ownSteps)
    let promise = capabilities("<externalSnapshot/>")
    #expect(try ReversionRoute.external(discards: false, capabilities: promise) == .ownSteps)
  }

  @Test("a promise that libvirt does not keep is one of four answers; every other failure is a failure")
  func refusals() {
    for code in [
      LibvirtError.Code.noSupport, .configurationUnsupported, .argumentUnsupported, .operationUnsupported,
    ] {
      #expect(ReversionRoute.isRefusal(LibvirtError(code: code, message: "")))
    }
    for code in [LibvirtError.Code.internalError, .operationInvalid, .snapshotRevertRisky, .systemError] {
      #expect(!ReversionRoute.isRefusal(LibvirtError(code: code, message: "")))
    }
  }
}
