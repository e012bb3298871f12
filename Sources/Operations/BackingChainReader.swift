import DiskIO
import Libvirt
import SystemPackage
import XMLTree

/// Reads the chain of a `<disk>`: from the document as far as that goes, from the images below.
struct BackingChainReader {
  let images: ImageShelf
  let connection: Connection
  /// What the hypervisor of a running guest says of its images.
  let sizes: LiveImageSizes?

  /// The chain of one disk.
  func chain(of disk: XMLElement, isActive: Bool) throws -> BackingChain {
    let summary = DomainDisk(disk)
    var chain = BackingChain(
      target: summary.target, device: summary.device, isInUse: isActive,
      layers: try layers(from: disk, format: disk.firstElement(named: "driver")?.attribute("type")))
    for index in chain.layers.indices { try measure(&chain.layers[index], of: summary.target) }
    if let mirror = disk.firstElement(named: "mirror") {
      chain.copy = try copy(mirror, of: chain)
    }
    return chain
  }

  private func copy(_ mirror: XMLElement, of chain: BackingChain) throws -> BackingChain.Copy {
    let readiness: BackingChain.Copy.Readiness =
      switch mirror.attribute("ready") {
      case "yes": .ready
      case "pivot": .pivoting
      case "abort": .aborting
      default: .copying
      }
    // What the copy shares with the disk is drawn once, with the disk.
    let own = Set(chain.layers.map(\.place))
    var layers = Array(
      try layers(from: mirror, format: mirror.firstElement(named: "format")?.attribute("type"))
        .prefix { !own.contains($0.place) })
    for index in layers.indices { try measure(&layers[index], of: chain.target) }
    return BackingChain.Copy(job: mirror.attribute("job") ?? "copy", readiness: readiness, layers: layers)
  }

  /// The image of an element and those below it.
  ///
  /// libvirt's own answer ends with an empty `<backingStore/>`; where it ends without one, libvirt has not looked, and
  /// the images are asked.
  private func layers(from element: XMLElement, format: String?) throws -> [BackingLayer] {
    var layers: [BackingLayer] = []
    var element = element
    // A disk without a format is raw to libvirt, which does not guess either.
    var format: String? = format ?? "raw"
    while let place = try place(of: element) {
      let index = element.firstElement(named: "source")?.attribute("index") ?? element.attribute("index")
      layers.append(BackingLayer(place: place, format: format, index: index.flatMap { Int($0) }))
      guard let below = element.firstElement(named: "backingStore") else {
        return try extended(layers)
      }
      element = below
      format = below.firstElement(named: "format")?.attribute("type")
    }
    return layers
  }

  /// Where an element's image is; a volume's place is its pool's to say.
  private func place(of element: XMLElement) throws -> BackingLayer.Place? {
    guard let place = BackingLayer.Place(of: element) else { return nil }
    guard place.type == "volume", let source = element.firstElement(named: "source"),
      let pool = source.attribute("pool"), let name = source.attribute("volume"),
      let volume = try? connection.storageVolume(pool: pool, name: name), let path = try? volume.path()
    else { return place }
    return BackingLayer.Place(type: path.hasPrefix("/") ? "file" : "network", name: path)
  }

  /// Adds the images below the last one, as their headers name them.
  func extended(_ start: [BackingLayer]) throws -> [BackingLayer] {
    var layers = start
    var seen = Set(layers.map(\.place))
    var index = layers.count - 1
    while layers.indices.contains(index), var below = try lookAt(&layers[index]) {
      // A name that goes through `..` is another name each time round.
      if !seen.insert(below.place).inserted || layers.count >= Self.longestChain { below.problem = .loop }
      layers.append(below)
      index += 1
    }
    return layers
  }

  /// More images than libvirt lets a disk have (200).
  private static let longestChain = 256

  /// Reads an image's header.
  ///
  /// - Returns: The image below, not yet looked at; `nil` at the end of the chain, or where it cannot be followed.
  private func lookAt(_ layer: inout BackingLayer) throws -> BackingLayer? {
    guard layer.problem == nil else { return nil }
    guard let format = layer.format else {
      layer.problem = .unknownFormat
      return nil
    }
    switch try images.information(of: layer.place, format: format) {
    case nil:
      layer.isOutOfReach = true
      return nil
    case .failure(let error):
      layer.fail(error)
      return nil
    case .success(let information):
      layer.virtualSize = information.virtualSize
      layer.allocatedSize = information.allocatedSize
      layer.storedSnapshots = information.storedSnapshots
      return information.backingName.map {
        BackingLayer(place: BackingLayer.Place(backingName: $0), format: information.backingFormat)
      }
    }
  }

  /// Fills in what is not known of an image yet.
  private func measure(_ layer: inout BackingLayer, of target: String) throws {
    guard layer.problem == nil, layer.virtualSize == nil, !layer.isOutOfReach else { return }
    guard let live = sizes?[target, layer] else {
      // A format that nobody names is no fault where the document names the chain.
      if layer.format != nil { _ = try lookAt(&layer) }
      // Whether the hypervisor could be asked is chance; what is told of a running guest must not hang on it.
      if sizes != nil { layer.storedSnapshots = nil }
      if sizes != nil, layer.problem != nil, layer.problem != .missing {
        // The guest has it open, whatever keeps us from it.
        layer.problem = nil
        layer.isOutOfReach = true
      }
      return
    }
    layer.virtualSize = live.capacity
    layer.allocatedSize = live.allocation
    switch images.allocatedSize(of: layer.place) {
    case .success(let size): layer.allocatedSize = size ?? live.allocation
    case .failure(.system(_, _, .noSuchFileOrDirectory, _)): layer.problem = .missing
    case .failure, nil: layer.isOutOfReach = true
    }
  }
}

extension BackingLayer.Place {
  /// The place that a header names as the image below.
  fileprivate init(backingName name: String) {
    guard name.hasPrefix("/") else {
      self.init(type: "network", name: name)
      return
    }
    self.init(type: QemuImage.isBlockDevice(path: name) ? "block" : "file", name: name)
  }
}
