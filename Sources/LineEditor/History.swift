import CLibEdit
import SystemPackage

/// The lines typed before, kept in a file from one shell to the next.
public struct History: Sendable {
  /// How many lines are kept.
  public static let limit: Int32 = 500

  private let path: FilePath

  /// Reads the lines kept in a file; a file that is not there has none.
  ///
  /// - Parameter path: The history file; its directory must exist by the time of ``save()``.
  public init(path: FilePath) {
    self.path = path
    using_history()
    stifle_history(Self.limit)
    _ = read_history(path.string)
  }

  /// Adds a line, unless it is blank or the one before again.
  ///
  /// - Parameter line: A line as it was typed.
  public func add(_ line: String) {
    guard line.contains(where: { !$0.isWhitespace }), line != newest else { return }
    add_history(line)
  }

  /// Writes the lines to the file, readable by the user alone.
  ///
  /// - Throws: `Errno` when the file cannot be written.
  public func save() throws {
    // The file may hold what was typed as a secret: it is made private before it is written.
    let file = try FileDescriptor.open(
      path, .writeOnly, options: [.create], permissions: [.ownerReadWrite])
    try file.close()
    guard write_history(path.string) == 0 else { throw Errno.ioError }
  }

  private var newest: String? {
    shim_newest_history().map { String(cString: $0) }
  }
}
