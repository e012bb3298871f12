import Testing

@testable import Operations

@Suite("Who takes a domain back to an external snapshot")
struct ReversionRouteTests {
  /// Capabilities as libvirt 9.9 gives them, with or without its promise.
  private func capabilities(_ features: String...) -> String {
    let guests = features.map { "<guest><os_type>hvm</os_type><features><acpi/>\($0)</features></guest>" }
    return "<capabilities><host/>\(guests.joined())</capabilities>"
  }

  @Test("libvirt's promise counts, whatever its version")
  func promised() throws {
    #expect(try ReversionRoute.isPromised(by: capabilities("", "<externalSnapshot/>")))
    #expect(try !ReversionRoute.isPromised(by: capabilities("")))
    #expect(try !ReversionRoute.isPromised(by: "<capabilities/>"))
  }

  @Test("only images that are out of sight are somebody else's business")
  func reach() {
    #expect(ReversionError.noPath(snapshot: "s", disk: "vda").isOutOfReach)
    #expect(ReversionError.unreadable(by: "snapshot 's'", path: "/a", reason: "").isOutOfReach)
    #expect(!ReversionError.overwritten(snapshot: "s", disk: "vda", path: "/a").isOutOfReach)
    #expect(!ReversionError.memoryOnly(snapshot: "s").isOutOfReach)
  }
}
