import Foundation

/// A fresh directory below /tmp that is removed, with all it holds, when the last reference to it goes.
public final class TemporaryDirectory: Sendable {
  /// The absolute path, without a trailing slash and without symbolic links.
  public let path: String

  /// Makes a directory named after `prefix` and six random letters, mode 0700.
  /// - Parameters:
  ///   - prefix: what the name begins with.
  ///   - directory: where it is made. /tmp rather than TMPDIR, because socket paths below it must stay short.
  /// - Throws: ``TestSupportError`` with errno's text.
  public init(prefix: String = "snapsh-test", in directory: String = "/tmp") throws {
    path = try Self.make(prefix, in: directory)
  }

  /// Makes one that stays until somebody removes it.
  static func make(_ prefix: String, in directory: String = "/tmp") throws -> String {
    var template = Array("\(directory)/\(prefix).XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else {
      throw TestSupportError("cannot make a directory in \(directory): \(String(cString: strerror(errno)))")
    }
    return String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  deinit {
    try? FileManager.default.removeItem(atPath: path)
  }

  /// The path of an entry, which need not exist.
  public func file(_ name: String) -> String {
    "\(path)/\(name)"
  }

  /// Writes a file, making the directories on the way, and returns its path.
  /// - Throws: Foundation's error.
  @discardableResult
  public func write(_ contents: some Sequence<UInt8>, to name: String) throws -> String {
    let path = file(name)
    let parent = URL(fileURLWithPath: path).deletingLastPathComponent()
    try FileManager.default.createDirectory(at: parent, withIntermediateDirectories: true)
    try Data(contents).write(to: URL(fileURLWithPath: path))
    return path
  }

  /// Writes a text file as UTF-8 and returns its path.
  /// - Throws: Foundation's error.
  @discardableResult
  public func write(text: String, to name: String) throws -> String {
    try write(text.utf8, to: name)
  }

  /// The names of all files below the directory, relative to it and sorted.
  public var files: [String] {
    let enumerator = FileManager.default.enumerator(atPath: path)
    let names = enumerator?.compactMap { $0 as? String } ?? []
    return names.filter { name in
      var isDirectory: ObjCBool = false
      return FileManager.default.fileExists(atPath: file(name), isDirectory: &isDirectory)
        && !isDirectory.boolValue
    }.sorted()
  }
}
