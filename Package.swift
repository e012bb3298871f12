// swift-tools-version: 6.2

import PackageDescription

/// What every Swift target of ours is compiled with: language mode 6, and no warning left standing.
let strict: [SwiftSetting] = [.treatAllWarnings(as: .error), .enableUpcomingFeature("ExistentialAny")]

let system: Target.Dependency = .product(name: "SystemPackage", package: "swift-system")

/// A module of the house (docs/architecture.md): sources in Sources/NAME, tests in Tests/NAMETests.
func module(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
  .target(name: name, dependencies: dependencies, swiftSettings: strict)
}

func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
  .testTarget(
    name: name, dependencies: dependencies + ["TestSupport"], swiftSettings: strict)
}

let package = Package(
  name: "snapsh",
  products: [
    .executable(name: "snapsh", targets: ["snapsh"])
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-system", from: "1.8.1")
  ],
  targets: [
    .systemLibrary(
      name: "CLibvirt", pkgConfig: "libvirt", providers: [.apt(["libvirt-dev"])]),
    .systemLibrary(
      name: "CLibXML2", pkgConfig: "libxml-2.0", providers: [.apt(["libxml2-dev"])]),
    .systemLibrary(name: "CLibNBD", pkgConfig: "libnbd", providers: [.apt(["libnbd-dev"])]),
    .systemLibrary(name: "CLinux"),
    .systemLibrary(name: "CXXHash", pkgConfig: "libxxhash", providers: [.apt(["libxxhash-dev"])]),
    .systemLibrary(name: "CTerminalWidth"),
    .systemLibrary(name: "CZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"])]),
    .systemLibrary(name: "CLibEdit", providers: [.apt(["libedit-dev", "libbsd-dev", "libncurses-dev"])]),
    .systemLibrary(name: "CLibCrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),

    module("Locking"),
    module("XMLTree", ["CLibXML2"]),
    module("SnapshotXML", ["Locking", "XMLTree"]),
    module("Libvirt", ["CLibvirt"]),
    module("SaveImage", ["XMLTree", system]),
    module("DiskIO", ["CLibNBD", "CLinux", system]),
    module("VMA", ["CXXHash", "CLibCrypto", "Locking", system]),
    module("Compression", ["CZstd"]),
    module("NBDServer", [system]),
    module("QMP", [system]),
    module(
      "Operations",
      [
        "SnapshotXML", "XMLTree", "Libvirt", "SaveImage", "DiskIO", "NBDServer", "QMP", "VMA",
        "Compression", "Locking", "CLinux", system,
      ]),
    module("CommandGrammar"),
    module("LineEditor", ["CLibEdit", system]),
    module(
      "SnapshCommands",
      [
        "CommandGrammar", "LineEditor", "Operations", "SnapshotXML", "XMLTree", "Libvirt", "VMA", "DiskIO",
        "NBDServer", "Compression", "QMP",
        "SaveImage", "CTerminalWidth", system,
      ]),
    .executableTarget(name: "snapsh", dependencies: ["SnapshCommands"], swiftSettings: strict),

    .target(
      name: "FuzzTargets",
      dependencies: [
        "VMA", "NBDServer", "SaveImage", "SnapshotXML", "XMLTree", "CLinux", "CLibCrypto", system,
      ],
      path: "Fuzz/FuzzTargets", swiftSettings: strict),
    tests("FuzzTargetsTests", ["FuzzTargets"]),

    .target(
      name: "TestSupport", dependencies: [system], path: "Tests/TestSupport", swiftSettings: strict),
    tests("LockingTests", ["Locking"]),
    tests("XMLTreeTests", ["XMLTree"]),
    tests("SnapshotXMLTests", ["SnapshotXML", "XMLTree"]),
    tests("LibvirtTests", ["Libvirt"]),
    tests("SaveImageTests", ["SaveImage", system]),
    tests("DiskIOTests", ["DiskIO", system]),
    tests("VMATests", ["VMA", "Locking", system]),
    tests("CompressionTests", ["Compression"]),
    tests("NBDServerTests", ["NBDServer", system]),
    tests("QMPTests", ["QMP", system]),
    tests(
      "OperationsTests",
      [
        "Operations", "Libvirt", "XMLTree", "VMA", "DiskIO", "NBDServer", "QMP", "SaveImage",
        "Compression", "CLibNBD", system,
      ]),
    tests("CommandGrammarTests", ["CommandGrammar"]),
    tests(
      "SnapshCommandsTests",
      ["SnapshCommands", "CommandGrammar", "Operations", "Libvirt", "XMLTree", system]),
    tests("ParityTests", ["snapsh"]),
    tests("EndToEndTests", ["snapsh", "SnapshotXML"]),
  ],
  swiftLanguageModes: [.v6]
)

// libFuzzer's run time is there only in a build with -sanitize=fuzzer (scripts/fuzz).
if Context.environment["SNAPSH_FUZZ"] != nil {
  package.targets += [
    .systemLibrary(name: "CLibFuzzer", path: "Fuzz/CLibFuzzer"),
    .executableTarget(
      name: "snapsh-fuzz", dependencies: ["FuzzTargets", "CLibFuzzer"], path: "Fuzz/Runner",
      swiftSettings: strict),
  ]
}
