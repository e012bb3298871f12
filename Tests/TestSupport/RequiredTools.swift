import Foundation

/// The Debian package that brings a tool, where the two differ in name.
private let packages = [
  "virsh": "libvirt-clients", "qemu-img": "qemu-utils", "qemu-io": "qemu-utils", "qemu-nbd": "qemu-utils",
  "qemu-system-x86_64": "qemu-system-x86", "xmllint": "libxml2-utils", "nbdinfo": "libnbd-bin",
  "nbdcopy": "libnbd-bin", "nbdsh": "python3-libnbd", "busybox": "busybox-static", "prove": "perl",
]

/// The path of a tool in PATH. A test that needs a tool fails without it; it is never skipped.
/// - Throws: ``TestSupportError`` that names the Debian package to install.
@discardableResult
public func require(tool: String) throws -> String {
  let directories = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
  for directory in directories {
    let path = "\(directory)/\(tool)"
    if FileManager.default.isExecutableFile(atPath: path) { return path }
  }
  throw TestSupportError(
    "\(tool) is missing: install the Debian package \(packages[tool] ?? tool), or run scripts/install-dependencies"
  )
}

/// Runs the snapsh executable.
/// - Parameters: as for ``run(_:stdin:environment:directory:timeout:)``, less the program.
/// - Throws: ``TestSupportError`` when it cannot be started or does not end in time.
public func snapsh(
  _ arguments: [String], stdin: [UInt8] = [], environment: [String: String?] = [:],
  directory: String? = nil, timeout: Double = 300
) throws -> ProcessResult {
  try run(
    [snapshBinary] + arguments, stdin: stdin, environment: environment, directory: directory,
    timeout: timeout)
}

/// Runs virsh, which the tests compare snapsh with, in the C locale.
/// - Parameters: as for ``run(_:stdin:environment:directory:timeout:)``, less the program.
/// - Throws: ``TestSupportError`` when it is missing or does not end in time.
public func virsh(
  _ arguments: [String], stdin: [UInt8] = [], environment: [String: String?] = [:],
  directory: String? = nil, timeout: Double = 300
) throws -> ProcessResult {
  try run(
    [try require(tool: "virsh")] + arguments, stdin: stdin,
    environment: ["LC_ALL": "C.UTF-8"].merging(environment) { $1 }, directory: directory, timeout: timeout)
}
