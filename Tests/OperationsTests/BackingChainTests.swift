import DiskIO
import Foundation
import TestSupport
import Testing

@testable import Operations

@Suite("The backing chain of a domain that is shut off, read from its images")
struct BackingChainTests {
  private func threeLayers(_ directory: TemporaryDirectory) throws {
    try ImageNode.makeImage("base.qcow2", in: directory)
    try ImageNode.makeImage("middle.qcow2", in: directory, backing: directory.file("base.qcow2"))
    try ImageNode.makeImage("top.qcow2", in: directory, backing: "middle.qcow2")
  }

  private func onlyChain(
    _ disk: String, snapshots: String = "", images: (TemporaryDirectory) throws -> Void
  ) throws -> (chain: BackingChain, names: [String], directory: TemporaryDirectory) {
    let node = try ImageNode(disks: disk, snapshots: snapshots, images: images)
    let chains = try BackingChain.chains(of: node.domain)
    let chain = try #require(chains.first)
    #expect(chains.count == 1)
    let names = chain.layers.map {
      $0.place.name.replacingOccurrences(of: node.directory.path + "/", with: "")
    }
    return (chain, names, node.directory)
  }

  @Test("three images, relative names among them, each with its sizes")
  func wholeChain() throws {
    let (chain, names, directory) = try onlyChain(ImageNode.disk("vda", "@/top.qcow2"), images: threeLayers)
    #expect(names == ["top.qcow2", "middle.qcow2", "base.qcow2"])
    #expect(chain.target == "vda" && chain.device == "disk" && !chain.isInUse && chain.isWhole)
    #expect(chain.layers.map(\.virtualSize) == [16 << 20, 16 << 20, 16 << 20])
    for layer in chain.layers {
      var status = stat()
      #expect(stat(layer.place.name, &status) == 0)
      #expect(layer.allocatedSize == UInt64(status.st_blocks) * 512)
      #expect(layer.format == "qcow2" && layer.place.type == "file" && layer.storedSnapshots == [])
    }
    withExtendedLifetime(directory) {}
  }

  @Test("each image is told which snapshot it belongs to, and which are inside it")
  func membership() throws {
    let snapshots =
      ImageNode.snapshot("inside", location: "internal", [("vda", "@/base.qcow2", "")])
      + ImageNode.snapshot("one", parent: "inside", [("vda", "@/base.qcow2", "@/middle.qcow2")])
      + ImageNode.snapshot("two", parent: "one", [("vda", "@/middle.qcow2", "@/top.qcow2")])
      // Another disk's files of the same names are no concern of this one's.
      + ImageNode.snapshot("other", [("vdb", "@/middle.qcow2", "@/top.qcow2")])
    let (chain, _, _) = try onlyChain(ImageNode.disk("vda", "@/top.qcow2"), snapshots: snapshots) {
      try threeLayers($0)
      for name in ["inside", "unknown"] {
        try run([try require(tool: "qemu-img"), "snapshot", "-c", name, $0.file("base.qcow2")]).check()
      }
    }
    #expect(chain.layers.map(\.overlayOf) == [["two"], ["one"], []])
    #expect(chain.layers.map(\.frozenBy) == [[], ["two"], ["one"]])
    #expect(chain.layers.map(\.internalSnapshots) == [[], [], ["inside"]])
    #expect(chain.layers.last?.storedSnapshots?.map(\.name) == ["inside", "unknown"])
  }

  @Test("a missing image is named, and the chain is not whole", arguments: [0, 1, 2])
  func missingImage(index: Int) throws {
    let all = ["top.qcow2", "middle.qcow2", "base.qcow2"]
    let (chain, names, _) = try onlyChain(ImageNode.disk("vda", "@/top.qcow2")) {
      try threeLayers($0)
      try FileManager.default.removeItem(atPath: $0.file(all[index]))
    }
    #expect(names == Array(all.prefix(index + 1)))
    #expect(chain.layers.last?.problem == .missing)
    #expect(chain.layers.dropLast().allSatisfy { $0.problem == nil })
    #expect(!chain.isWhole)
  }

  @Test("a chain that comes back to itself ends there")
  func loop() throws {
    let (chain, names, _) = try onlyChain(ImageNode.disk("vda", "@/a")) {
      try ImageNode.makeImage("a", in: $0, backing: "b")
      try ImageNode.makeImage("b", in: $0, backing: "a")
    }
    #expect(names == ["a", "b", "a"])
    #expect(chain.layers.last?.problem == .loop)
  }

  @Test("a chain that gives itself another name each time round ends too")
  func windingLoop() throws {
    let (chain, _, _) = try onlyChain(ImageNode.disk("vda", "@/d/a")) {
      try FileManager.default.createDirectory(atPath: $0.file("d"), withIntermediateDirectories: false)
      try ImageNode.makeImage("d/a", in: $0, backing: "../d/a")
    }
    #expect(chain.layers.last?.problem == .loop)
    #expect(chain.layers.count == 257)
  }

  @Test("a format is never guessed: not the top image's, and not one that the image above leaves out")
  func formats() throws {
    let (raw, _, _) = try onlyChain(ImageNode.disk("vda", "@/top.qcow2", format: nil), images: threeLayers)
    #expect(raw.layers.map(\.format) == ["raw"])
    #expect(raw.isWhole)
    let (chain, names, _) = try onlyChain(ImageNode.disk("vda", "@/top.qcow2")) { directory in
      try threeLayers(directory)
      // The header's extension for the backing format, by the qcow2 specification, turned into the end of the list.
      var header = try Data(contentsOf: URL(fileURLWithPath: directory.file("top.qcow2")))
      let name = try #require(header.firstRange(of: Data([0xE2, 0x79, 0x2A, 0xCA])))
      header.replaceSubrange(name, with: [0, 0, 0, 0])
      try header.write(to: URL(fileURLWithPath: directory.file("top.qcow2")))
    }
    #expect(names == ["top.qcow2", "middle.qcow2"])
    #expect(chain.layers.last?.problem == .unknownFormat)
    #expect(!chain.isWhole)
  }

  @Test("what is no image is told apart from what is not there; a pipe is not waited at")
  func unreadable() throws {
    let (chain, _, _) = try onlyChain(ImageNode.disk("vda", "@/top")) {
      try ImageNode.makeImage("top", in: $0, backing: "pipe", backingFormat: "raw")
      #expect(mkfifo($0.file("pipe"), 0o600) == 0)
    }
    guard case .unreadable(let pipe) = chain.layers.last?.problem else {
      Issue.record("the pipe is no problem: \(chain)")
      return
    }
    #expect(pipe.contains("a named pipe"))
    let (text, _, _) = try onlyChain(ImageNode.disk("vda", "@/top")) {
      try $0.write(text: "no image", to: "top")
    }
    guard case .unreadable(let reason) = text.layers.last?.problem else {
      Issue.record("the text is no problem: \(text)")
      return
    }
    #expect(reason.hasPrefix("qemu-img failed: "))
  }

  @Test("what is behind a storage protocol is named and not looked at")
  func network() throws {
    let (chain, names, _) = try onlyChain(ImageNode.disk("vda", "@/top")) {
      try ImageNode.makeImage("top", in: $0, backing: "nbd://192.0.2.1:10809/disk", backingFormat: "raw")
    }
    #expect(names == ["top", "nbd://192.0.2.1:10809/disk"])
    #expect(chain.layers.last?.isOutOfReach == true)
    #expect(chain.layers.last?.place.type == "network")
    #expect(chain.isWhole)
    let disk = """
      <disk type='network' device='disk'><driver name='qemu' type='raw'/><source protocol='nbd' name='x'>
      <host name='example.org' port='10809'/></source><target dev='vda'/></disk>
      """
    let (remote, _, _) = try onlyChain(disk) { _ in }
    #expect(remote.layers.map(\.place.name) == ["nbd://example.org:10809/x"])
    #expect(remote.layers.first?.isOutOfReach == true)
  }

  @Test("a chain that the definition spells out is taken as it stands there")
  func explicitChain() throws {
    let disk = """
      <disk type='file' device='disk'><driver name='qemu' type='qcow2'/><source file='@/top.qcow2'/>
      <backingStore type='file'><format type='raw'/><source file='@/base.qcow2'/><backingStore/></backingStore>
      <target dev='vda'/></disk>
      """
    let (chain, names, _) = try onlyChain(disk, images: threeLayers)
    #expect(names == ["top.qcow2", "base.qcow2"])
    #expect(chain.layers.map(\.format) == ["qcow2", "raw"])
    #expect(chain.isWhole)
  }

  @Test("a disk is named by target or source; empty drives are told of only when they are named")
  func choice() throws {
    let disks =
      ImageNode.disk("vda", "@/top.qcow2") + ImageNode.disk("vdb", "@/base.qcow2")
      + "<disk type='file' device='cdrom'><target dev='hdc'/><readonly/></disk>"
    let node = try ImageNode(disks: disks, images: threeLayers)
    #expect(try BackingChain.chains(of: node.domain).map(\.target) == ["vda", "vdb"])
    #expect(try BackingChain.chains(of: node.domain, disk: "vdb").map(\.target) == ["vdb"])
    let bySource = try BackingChain.chains(of: node.domain, disk: node.directory.file("top.qcow2"))
    #expect(bySource.map(\.target) == ["vda"])
    let empty = try BackingChain.chains(of: node.domain, disk: "hdc")
    #expect(empty.map(\.layers) == [[]])
    let error = #expect(throws: BackingChainError.self) {
      try BackingChain.chains(of: node.domain, disk: "vdz")
    }
    #expect(error == BackingChainError(domain: "guest", disk: "vdz"))
  }

  @Test("a volume's images are found through its pool, or named by it")
  func volume() throws {
    let disk = """
      <disk type='volume' device='disk'><driver name='qemu' type='qcow2'/>
      <source pool='nosuch' volume='v'/><target dev='vda'/></disk>
      """
    let (chain, names, _) = try onlyChain(disk) { _ in }
    #expect(names == ["nosuch/v"])
    #expect(chain.layers.first?.isOutOfReach == true)
  }
}
