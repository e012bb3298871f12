import CLibXML2

/// One error as libxml2 reported it.
struct LibXML2Error {
  let domain: UInt32
  let code: Int32
  let level: UInt32
  let line: Int
  let column: Int
  /// libxml2's text as one line.
  let message: String
  /// The node the error is about; only to be used while its document lives.
  let node: UnsafeMutableRawPointer?
}

/// Gathers what libxml2 reports on this thread while a closure runs, so that nothing reaches stderr.
final class LibXML2ErrorCollector {
  private(set) var errors: [LibXML2Error] = []
  /// Called for each error while its node is still there.
  var observer: ((LibXML2Error) -> Void)?

  private let limit: Int

  /// A hostile text can raise an error per byte, so no more than `limit` are kept.
  init(limit: Int = 64) { self.limit = limit }

  fileprivate func add(_ error: LibXML2Error) {
    guard errors.count < limit else { return }
    errors.append(error)
    observer?(error)
  }

  /// Runs the closure with this collector as the thread's receiver of errors, then puts the previous one back.
  func collecting<Result>(_ body: () throws -> Result) rethrows -> Result {
    let previous = shim_xmlStructuredError()
    let previousContext = shim_xmlStructuredErrorContext()
    xmlSetStructuredErrorFunc(Unmanaged.passUnretained(self).toOpaque(), collectLibXML2Error)
    // A few of libxml2's parts (XPath) also print a free-form line, whatever structured receiver is set.
    let previousGeneric = shim_dropGenericErrors()
    defer {
      xmlSetStructuredErrorFunc(previousContext, previous)
      shim_restoreGenericErrors(previousGeneric)
    }
    return try withExtendedLifetime(self, body)
  }

  /// The error that best explains a failed parse: the first fatal one, else the first that is more than a warning.
  var decisive: LibXML2Error? {
    errors.first { $0.level == XML_ERR_FATAL.rawValue }
      ?? errors.first {
        $0.level == XML_ERR_ERROR.rawValue && $0.domain != UInt32(XML_FROM_NAMESPACE.rawValue)
      }
  }
}

/// The C callback behind every collector; libxml2 calls it on the thread that made the failing call.
private func collectLibXML2Error(context: UnsafeMutableRawPointer?, error: xmlErrorPtr?) {
  guard let context, let error = error?.pointee else { return }
  let message = error.message.map { String(cString: $0) } ?? "unknown error"
  Unmanaged<LibXML2ErrorCollector>.fromOpaque(context).takeUnretainedValue().add(
    LibXML2Error(
      domain: UInt32(bitPattern: error.domain), code: error.code, level: error.level.rawValue,
      line: Int(error.line), column: Int(error.int2), message: oneLine(message), node: error.node))
}

/// The text on one line, without libxml2's closing newline.
private func oneLine(_ text: String) -> String {
  text.split(whereSeparator: \.isNewline).joined(separator: "; ")
}

/// libxml2's global tables, set up once before the first use from any thread.
let libXML2IsReady: Void = xmlInitParser()
