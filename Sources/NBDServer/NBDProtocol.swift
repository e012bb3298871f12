/// The numbers of the NBD protocol (NetworkBlockDevice/nbd, doc/proto.md), under the names it gives them.
enum NBDProtocol {
  static let serverMagic: UInt64 = 0x4e42_444d_4147_4943  // "NBDMAGIC"
  static let optionMagic: UInt64 = 0x4948_4156_454f_5054  // "IHAVEOPT"
  static let optionReplyMagic: UInt64 = 0x0003_e889_0455_65a9
  static let requestMagic: UInt32 = 0x2560_9513
  static let simpleReplyMagic: UInt32 = 0x6744_6698
  static let structuredReplyMagic: UInt32 = 0x668e_33ef

  /// The longest export or context name, in bytes.
  static let maximumName = 4096
  /// Bytes of option data that are read; more is thrown away and answered as too big.
  static let maximumOptionData = 64 << 10
  /// Bytes of option data that are thrown away; who sends more is no client.
  static let maximumDiscardedOptionData = 32 << 20
  static let minimumBlock: UInt32 = 1
  static let preferredBlock: UInt32 = 64 << 10
  /// The largest payload of a request or of a reply, in bytes.
  static let maximumPayload: UInt32 = 32 << 20
  /// Bytes of a payload that a connection has in memory at one time; longer ones are served in pieces.
  static let pieceSize: UInt64 = 1 << 20
  /// The id under which clients know the one metadata context.
  static let allocationContextID: UInt32 = 1
  static let allocationContext = "base:allocation"
  /// Extents in one answer to a block status request.
  static let maximumExtents = 4096

  /// What the server offers in its greeting, and the client takes up (`NBD_FLAG_*`, `NBD_FLAG_C_*`).
  enum HandshakeFlags {
    static let fixedNewstyle: UInt16 = 1
    static let noZeroes: UInt16 = 2
  }

  /// What a client can ask for before the transmission (`NBD_OPT_*`).
  enum Option {
    static let exportName: UInt32 = 1
    static let abort: UInt32 = 2
    static let list: UInt32 = 3
    static let info: UInt32 = 6
    static let go: UInt32 = 7
    static let structuredReply: UInt32 = 8
    static let listMetaContext: UInt32 = 9
    static let setMetaContext: UInt32 = 10
  }

  /// Kinds of an option's reply (`NBD_REP_*`).
  enum OptionReply {
    static let ack: UInt32 = 1
    static let server: UInt32 = 2
    static let info: UInt32 = 3
    static let metaContext: UInt32 = 4
    static let unsupported: UInt32 = 1 << 31 + 1
    static let invalid: UInt32 = 1 << 31 + 3
    static let unknown: UInt32 = 1 << 31 + 6
    static let tooBig: UInt32 = 1 << 31 + 9
  }

  /// Kinds of information on an export (`NBD_INFO_*`).
  enum Info {
    static let export: UInt16 = 0
    static let name: UInt16 = 1
    static let description: UInt16 = 2
    static let blockSize: UInt16 = 3
  }

  /// What an export can do (`NBD_FLAG_*` of the transmission).
  enum TransmissionFlags {
    static let hasFlags: UInt16 = 1
    static let readOnly: UInt16 = 2
    static let sendFlush: UInt16 = 4
    static let sendFUA: UInt16 = 8
    static let sendTrim: UInt16 = 32
    static let sendWriteZeroes: UInt16 = 64
    static let sendDF: UInt16 = 128
    static let canMultiConn: UInt16 = 256
    static let sendFastZero: UInt16 = 2048
  }

  /// Requests (`NBD_CMD_*`).
  enum Command {
    static let read: UInt16 = 0
    static let write: UInt16 = 1
    static let disconnect: UInt16 = 2
    static let flush: UInt16 = 3
    static let trim: UInt16 = 4
    static let writeZeroes: UInt16 = 6
    static let blockStatus: UInt16 = 7
  }

  /// Flags of a request (`NBD_CMD_FLAG_*`).
  enum CommandFlags {
    static let fua: UInt16 = 1
    static let noHole: UInt16 = 2
    static let df: UInt16 = 4
    static let reqOne: UInt16 = 8
    static let fastZero: UInt16 = 16
  }

  /// Kinds of a structured reply's chunk (`NBD_REPLY_TYPE_*`).
  enum Chunk {
    static let doneFlag: UInt16 = 1
    static let none: UInt16 = 0
    static let offsetData: UInt16 = 1
    static let offsetHole: UInt16 = 2
    static let blockStatus: UInt16 = 5
    static let error: UInt16 = 1 << 15 + 1
  }

  /// What an extent of `base:allocation` is (`NBD_STATE_*`).
  enum State {
    static let hole: UInt32 = 1
    static let zero: UInt32 = 2
  }
}
