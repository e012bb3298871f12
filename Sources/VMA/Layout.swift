/// The numbers of VMA version 1: sizes, limits and field offsets, all in bytes unless said otherwise.
///
/// An archive is a header, then extents back to back; integers are big-endian except the length of a blob.
public enum Layout {
  /// One block: the unit in which an archive leaves zeros out.
  public static let blockSize = 4096
  /// Blocks in a cluster: one bit each in a slot's mask.
  public static let blocksPerCluster = 16
  /// One cluster: the unit that a slot describes.
  public static let clusterSize = 65536
  /// Device sizes are multiples of this.
  public static let sectorSize = 512
  /// The format version written and read.
  public static let version: UInt32 = 1
  /// The name that marks the sequential stream of a guest's memory.
  public static let vmstateName = "vmstate"

  /// Device ids that a reader can use; 0 marks an unused slot and 255 breaks readers.
  public static let deviceIDs: ClosedRange<UInt8> = 1...254
  /// Configs that a header can point to.
  public static let maximumConfigs = 256
  /// The longest blob (config data, or a name with its NUL).
  public static let maximumBlob = 65535
  /// The largest header that we write, as Proxmox's writer caps it.
  public static let maximumWrittenHeader = 512 << 10
  /// The largest header that we read: whoever asks for more wants our memory.
  public static let maximumReadHeader = 16 << 20
  /// The largest device: a cluster number has 32 bits, so 256 TiB.
  public static let maximumDeviceSize: UInt64 = 1 << 48
  /// The longest device name, so that `tmp-disk-NAME.raw` is still a file name.
  public static let maximumDeviceName = 240
  /// The longest config name: it becomes a file name as it is.
  public static let maximumConfigName = 255

  /// Where the header keeps its fields.
  enum Header {
    static let magic: [UInt8] = [0x56, 0x4D, 0x41, 0x00]  // "VMA\0"
    static let fixedSize = 12288
    static let versionOffset = 4
    static let uuidOffset = 8
    static let creationTimeOffset = 24
    static let checksumOffset = 32
    static let blobOffsetOffset = 48
    static let blobSizeOffset = 52
    static let sizeOffset = 56
    static let integrityOffset = 60
    static let configNamesOffset = 2044
    static let configDataOffset = 3068
    static let devicesOffset = 4096
    static let deviceEntrySize = 32
    static let deviceSizeOffset = 8
    static let deviceEntries = 256
  }

  /// Where an extent keeps its fields.
  enum Extent {
    static let magic: [UInt8] = [0x56, 0x4D, 0x41, 0x45]  // "VMAE"
    static let headerSize = 512
    static let reservedOffset = 4
    static let blockCountOffset = 6
    static let uuidOffset = 8
    static let checksumOffset = 24
    static let slotsOffset = 40
    static let slotSize = 8
    static let slots = 59
    /// Slots that our writer fills with clusters; the last one carries the digest.
    static let dataSlots = 58
    static let maximumBlocks = slots * blocksPerCluster
    static let maximumSize = headerSize + maximumBlocks * blockSize
    static let maximumWrittenSize = headerSize + dataSlots * clusterSize
  }

  /// Where a slot keeps its fields.
  enum Slot {
    static let maskOffset = 0
    static let reservedOffset = 2
    static let deviceOffset = 3
    static let clusterOffset = 4
    static let fullMask: UInt16 = 0xFFFF
  }

  /// The number of clusters that `size` bytes take.
  public static func clusters(in size: UInt64) -> UInt64 {
    size / UInt64(clusterSize) + (size % UInt64(clusterSize) == 0 ? 0 : 1)
  }

  /// The number of blocks that `size` bytes take.
  public static func blocks(in size: UInt64) -> UInt64 {
    size / UInt64(blockSize) + (size % UInt64(blockSize) == 0 ? 0 : 1)
  }
}
