import XMLTree

/// The `<disk>` that tells `virDomainBlockCopy` where to copy to.
struct BlockCopyDestination {
  private let image: DiskChain.Image

  init(_ image: DiskChain.Image) {
    self.image = image
  }

  var xml: String {
    XMLElement(
      "disk", attributes: [XMLAttribute("type", "file")],
      children: [
        .element(XMLElement("driver", attributes: [XMLAttribute("type", image.format)])),
        .element(XMLElement("source", attributes: [XMLAttribute("file", image.path)])),
      ]
    ).text(layout: .libvirt)
  }
}
