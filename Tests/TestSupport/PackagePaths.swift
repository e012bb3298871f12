import Foundation

/// The directory that holds Package.swift, found from where this very file was compiled.
public let packageDirectory: String = {
  var url = URL(fileURLWithPath: #filePath)
  for _ in 0..<3 { url.deleteLastPathComponent() }
  return url.path
}()

/// The path of a file or directory below testdata/, for example `testdata("save-image/complete.save")`.
public func testdata(_ path: String) -> String {
  packageDirectory + "/testdata/" + path
}

/// The bytes of a file below testdata/.
/// - Throws: Foundation's error when the file cannot be read.
public func testdataBytes(_ path: String) throws -> [UInt8] {
  [UInt8](try Data(contentsOf: URL(fileURLWithPath: testdata(path))))
}

/// The snapsh executable that was built together with the running tests, or the one that the environment variable
/// SNAPSH names, to test an installed one.
public let snapshBinary: String = {
  if let chosen = ProcessInfo.processInfo.environment["SNAPSH"] { return chosen }
  let tests = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
  let beside = URL(fileURLWithPath: tests).deletingLastPathComponent().appendingPathComponent("snapsh").path
  return FileManager.default.isExecutableFile(atPath: beside)
    ? beside : packageDirectory + "/.build/debug/snapsh"
}()
