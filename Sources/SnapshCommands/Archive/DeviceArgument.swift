import CommandGrammar
import DiskIO
import Operations
import VMA

/// A disk (or the memory stream) as the command line names it.
struct DeviceArgument {
  let name: String
  let path: String
  let format: ImageFormat

  /// Reads `format=FORMAT:[NAME=]PATH`.
  ///
  /// - Parameters:
  ///   - text: the value of `-d`.
  ///   - index: how many devices come before; one without a name is called `diskINDEX`.
  /// - Throws: ``CommandFailure``, or `DiskIOError` for an unknown format.
  init(_ text: String, index: Int) throws {
    guard text.hasPrefix("format="), let colon = text.firstIndex(of: ":") else {
      throw CommandFailure("No format specified for device: '\(text)'")
    }
    let format = text[..<colon].dropFirst("format=".count)
    try self.init(
      namedPath: text[text.index(after: colon)...], format: ImageFormat(String(format)), index: index)
  }

  /// Reads the old form, `[NAME=]PATH`, always a raw image here.
  init(deprecated text: String, index: Int) throws {
    try self.init(namedPath: text[...], format: .raw, index: index)
  }

  private init(namedPath text: Substring, format: ImageFormat, index: Int) throws {
    self.format = format
    // A '=' behind a slash belongs to the path.
    if let equals = text.firstIndex(of: "="), !text[..<equals].contains("/"), equals > text.startIndex {
      name = String(text[..<equals])
      path = String(text[text.index(after: equals)...])
    } else {
      name = "disk\(index)"
      path = String(text)
    }
    guard !path.isEmpty else { throw CommandFailure("device '\(name)' has no path") }
  }

  /// Opens the image.
  func open() throws -> ArchiveContents.Device {
    guard name == Layout.vmstateName else {
      return ArchiveContents.Device(disk: name, try DiskImage.open(path: path, format: format))
    }
    guard format == .raw else {
      throw CommandFailure("the memory stream vmstate must be given as format=raw, not \(format)")
    }
    return ArchiveContents.Device(memory: try RawImage(path: path))
  }
}
