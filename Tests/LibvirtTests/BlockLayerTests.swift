import Testing

@testable import Libvirt

struct BlockLayerTests {
  @Test func `statistics of images are gathered by their number`() {
    let layers = BlockLayerSize.layers(in: [
      TypedParameter(name: "block.count", value: .uint32(2)),
      TypedParameter(name: "block.1.backingIndex", value: .uint32(3)),
      TypedParameter(name: "block.0.name", value: .string("vda")),
      TypedParameter(name: "block.0.path", value: .string("/d/top")),
      TypedParameter(name: "block.0.capacity", value: .uint64(1024)),
      TypedParameter(name: "block.0.rd.reqs", value: .uint64(9)),
      TypedParameter(name: "block.1.name", value: .string("vda")),
      TypedParameter(name: "block.1.capacity", value: .uint64(512)),
      TypedParameter(name: "block.1.allocation", value: .uint64(256)),
      TypedParameter(name: "block.x.name", value: .string("no number")),
      TypedParameter(name: "block.7.capacity", value: .uint64(1)),
      TypedParameter(name: "balloon.current", value: .uint64(1)),
    ])
    #expect(
      layers == [
        BlockLayerSize(target: "vda", path: "/d/top", index: nil, capacity: 1024, allocation: nil),
        BlockLayerSize(target: "vda", path: nil, index: 3, capacity: 512, allocation: 256),
      ])
  }

  @Test(arguments: [
    ("qemu:///system", true), ("qemu:///embed?root=/x", true), ("test:///default", true),
    ("qemu+unix:///system", true), ("test:/node.xml", true), ("qemu+unix:///system?socket=/x", true),
    ("qemu+ssh:///system", false), ("qemu+ssh://host/system", false), ("qemu://host/system", false),
    ("qemu+tcp://127.0.0.1/system", false), ("qemu+ext:///system", false), ("no URI", false), ("", false),
  ])
  func `a URI tells whether the driver's paths are paths here`(uri: String, isLocal: Bool) {
    #expect(Connection.isLocal(uri: uri) == isLocal)
  }

  @Test func `a driver that keeps no such statistics tells of no image`() throws {
    let node = try PrivateNode()
    let domain = try node.connect().domain(named: "one")
    #expect(try domain.blockLayers().isEmpty)
  }
}
