import Operations

/// One disk's chain in JSON.
struct ChainFields: Encodable, Sendable {
  /// One image.
  struct Layer: Encodable, Sendable {
    struct StoredSnapshot: Encodable, Sendable {
      let name: String
      let id: String
      let memoryBytes: UInt64
    }

    /// The path of a file or device, the URL or name of anything else.
    let source: String
    /// The kind of storage: `file`, `block`, `network`, …
    let type: String
    let format: String?
    /// libvirt's number of it, as in `vda[2]`; of a running domain only.
    let index: Int?
    let virtualBytes: UInt64?
    let allocatedBytes: UInt64?
    /// The snapshots it was made for.
    let overlayOf: [String]
    /// The external snapshots whose state it is, with all below.
    let stateOf: [String]
    /// The snapshots inside it that libvirt knows of.
    let internalSnapshots: [String]
    /// The snapshots inside it by its own header, where that was read.
    let storedSnapshots: [StoredSnapshot]?
    /// The snapshots whose mirror it is.
    let mirrorOf: [String]
    /// `missing`, `unreadable`, `unknown-format` or `loop`.
    let problem: String?
    /// Why it is unreadable.
    let reason: String?

    init(_ layer: BackingLayer) {
      source = layer.place.name
      type = layer.place.type
      format = layer.format
      index = layer.index
      virtualBytes = layer.virtualSize
      allocatedBytes = layer.allocatedSize
      overlayOf = layer.overlayOf
      stateOf = layer.frozenBy
      internalSnapshots = layer.internalSnapshots
      storedSnapshots = layer.storedSnapshots?.map {
        StoredSnapshot(name: $0.name, id: $0.id, memoryBytes: $0.memorySize)
      }
      mirrorOf = layer.mirrorOf
      switch layer.problem {
      case .missing: (problem, reason) = ("missing", nil)
      case .unreadable(let sentence): (problem, reason) = ("unreadable", sentence)
      case .unknownFormat: (problem, reason) = ("unknown-format", nil)
      case .loop: (problem, reason) = ("loop", nil)
      case nil: (problem, reason) = (nil, nil)
      }
    }
  }

  /// A copy that a block job keeps.
  struct Copy: Encodable, Sendable {
    /// `copy` or `active-commit`.
    let job: String
    /// `copying`, `ready`, `pivoting` or `aborting`.
    let readiness: BackingChain.Copy.Readiness
    /// Its images that are not the disk's own.
    let layers: [Layer]
  }

  let target: String
  let device: String
  /// Whether a running guest has it open.
  let isInUse: Bool
  let isWhole: Bool
  /// The image that the guest writes to first.
  let layers: [Layer]
  let copy: Copy?

  init(_ chain: BackingChain) {
    target = chain.target
    device = chain.device
    isInUse = chain.isInUse
    isWhole = chain.isWhole
    layers = chain.layers.map(Layer.init)
    copy = chain.copy.map {
      Copy(job: $0.job, readiness: $0.readiness, layers: $0.layers.map(Layer.init))
    }
  }
}
