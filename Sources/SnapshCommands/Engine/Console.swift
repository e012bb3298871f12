import DiskIO
import Glibc
import Synchronization
import SystemPackage

/// Anything that takes the bytes a command prints.
public protocol ByteSink: AnyObject, Sendable {
  /// Takes all bytes or throws.
  ///
  /// - Parameter bytes: What is printed.
  /// - Throws: ``ConsoleError``.
  func write(_ bytes: [UInt8]) throws

  /// Takes all bytes of a long stream, such as an archive, or throws.
  ///
  /// - Parameter bytes: read during the call only.
  /// - Throws: ``ConsoleError``.
  func write(stream bytes: UnsafeRawBufferPointer) throws

  /// Whether a person looks at it.
  var isTerminal: Bool { get }

  /// How many characters fit on a line of the terminal.
  var columnCount: Int { get }
}

extension ByteSink {
  public func write(stream bytes: UnsafeRawBufferPointer) throws { try write(Array(bytes)) }

  public var isTerminal: Bool { false }
  public var columnCount: Int { 80 }
}

/// Standard output that cannot be written to.
public struct ConsoleError: Error, Equatable, CustomStringConvertible {
  /// What `write(2)` said.
  public let errno: Errno

  public var description: String {
    errno == .brokenPipe
      ? "standard output was closed before everything was written to it"
      : "cannot write to standard output: \(errno)"
  }
}

/// An open file descriptor as a sink; never buffers.
public final class FileDescriptorSink: ByteSink {
  private let descriptor: FileDescriptor

  /// - Parameter descriptor: An open descriptor, which stays the caller's to close.
  public init(_ descriptor: FileDescriptor) {
    self.descriptor = descriptor
  }

  public var isTerminal: Bool { isatty(descriptor.rawValue) == 1 }

  public var columnCount: Int {
    var size = winsize()
    // A terminal that does not know its size tells 0.
    guard ioctl(descriptor.rawValue, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
    return Int(size.ws_col)
  }

  public func write(_ bytes: [UInt8]) throws {
    do {
      try bytes.withUnsafeBytes { bytes in
        var rest = bytes[...]
        while !rest.isEmpty {
          rest = rest.dropFirst(try descriptor.write(UnsafeRawBufferPointer(rebasing: rest)))
        }
      }
    } catch let error as Errno {
      throw ConsoleError(errno: error)
    }
  }

  public func write(stream bytes: UnsafeRawBufferPointer) throws {
    PipeCapacity.enlarge(descriptor.rawValue)
    do {
      try descriptor.writeAll(bytes)
    } catch let error as Errno {
      throw ConsoleError(errno: error)
    }
  }
}

/// A sink that keeps what is written, for tests and for commands run in process.
public final class MemorySink: ByteSink {
  private let written = Mutex<[UInt8]>([])

  /// An empty sink.
  public init() {}

  public func write(_ bytes: [UInt8]) {
    written.withLock { $0 += bytes }
  }

  /// All that has been written so far, as UTF-8.
  public var text: String {
    written.withLock { String(decoding: $0, as: UTF8.self) }
  }
}

/// Where a run of the tool prints: results to the output, errors and progress to the error stream.
public struct Console: Sendable {
  public let output: any ByteSink
  public let error: any ByteSink
  /// What `-d` and `-l` ask for.
  var log: DiagnosticLog?

  /// - Parameters:
  ///   - output: Takes results.
  ///   - error: Takes errors, warnings and progress.
  public init(output: any ByteSink, error: any ByteSink) {
    self.output = output
    self.error = error
  }

  /// The process's own standard output and standard error.
  public static let standard = Console(
    output: FileDescriptorSink(.standardOutput), error: FileDescriptorSink(.standardError))

  /// Prints text to the output.
  ///
  /// - Parameter text: Printed as it is, without a newline added.
  /// - Throws: ``ConsoleError``.
  public func print(_ text: String) throws {
    guard !text.isEmpty else { return }
    try output.write(Array(text.utf8))
  }

  /// Prints text to the error stream; where even that fails there is nobody left to tell.
  ///
  /// - Parameter text: Printed as it is, without a newline added.
  public func printError(_ text: String) {
    try? error.write(Array(text.utf8))
  }
}
