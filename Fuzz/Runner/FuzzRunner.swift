import CLibFuzzer
import FuzzTargets
import Glibc

/// `snapsh-fuzz TARGET [libFuzzer's options and corpora]`: feeds one target until it breaks.
@main
struct FuzzRunner {
  static func main() {
    let arguments = CommandLine.arguments
    guard arguments.count > 1, let target = FuzzTarget(rawValue: arguments[1]) else {
      let known = FuzzTarget.allCases.map(\.rawValue).joined(separator: ", ")
      let usage = "usage: snapsh-fuzz TARGET [OPTIONS] [CORPUS]...\nThe targets are \(known).\n"
      _ = usage.withCString { write(STDERR_FILENO, $0, strlen($0)) }
      exit(2)
    }
    chosen = target
    var words: [UnsafeMutablePointer<CChar>?] = ([arguments[0]] + arguments.dropFirst(2)).map { strdup($0) }
    var count = Int32(words.count)
    words.append(nil)
    let status = words.withUnsafeMutableBufferPointer { buffer in
      var start = buffer.baseAddress
      return LLVMFuzzerRunDriver(&count, &start, feed)
    }
    exit(status)
  }
}

/// libFuzzer's own main looks for a function of this name.
@_cdecl("LLVMFuzzerTestOneInput")
public func feed(_ bytes: UnsafePointer<UInt8>?, _ size: Int) -> CInt {
  chosen.run(UnsafeRawBufferPointer(start: bytes, count: size))
  return 0
}

/// Set once, before libFuzzer begins; its callback can carry nothing.
nonisolated(unsafe) private var chosen = FuzzTarget.archive
