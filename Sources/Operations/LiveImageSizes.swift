import Libvirt

/// The sizes of a running guest's images, asked of its hypervisor once.
struct LiveImageSizes {
  private let byTarget: [String: [BlockLayerSize]]

  /// Asks; a hypervisor that cannot tell, or that a job keeps from it, knows no sizes.
  init(of domain: Domain) {
    byTarget = Dictionary(grouping: (try? domain.blockLayers()) ?? [], by: \.target)
  }

  /// What is known of an image: found by libvirt's number of it, or by its path.
  subscript(target: String, layer: BackingLayer) -> BlockLayerSize? {
    let sizes = byTarget[target] ?? []
    let found = sizes.first { $0.index != nil && $0.index == layer.index }
    return (found ?? sizes.first { $0.path == layer.place.name }).flatMap { $0.capacity == nil ? nil : $0 }
  }
}
