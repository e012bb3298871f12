import Foundation
import TestSupport

extension RealGuest {
  /// A PATH on which the slow `gzip` is found first.
  var slowPath: String { path("bin") + ":" + (ProcessInfo.processInfo.environment["PATH"] ?? "") }

  /// A program on a terminal of its own, connected to the guest's libvirt.
  func terminal(
    _ program: Program, _ arguments: [String] = [], environment: [String: String] = [:]
  ) throws -> PseudoTerminal {
    let surroundings = [
      "TERM": "xterm", "LC_ALL": "C.UTF-8", "LIBVIRT_LOG_OUTPUTS": "4:file:/dev/null",
      "XDG_STATE_HOME": path("state"), "PATH": ProcessInfo.processInfo.environment["PATH"] ?? "",
    ]
    let name = program == .virsh ? try require(tool: "virsh") : snapshBinary
    return try PseudoTerminal(
      [name, "-c", uri] + arguments, environment: surroundings.merging(environment) { $1 })
  }

  /// Makes libvirt compress what it saves, with a program that takes a second for 64 KiB.
  func makeSavesSlow() throws {
    let gzip = try require(tool: "gzip")
    try FileManager.default.createDirectory(atPath: path("bin"), withIntermediateDirectories: true)
    let script = try file(
      "bin/gzip",
      holding: """
        #!/bin/sh
        case "$*" in *d*) exec \(gzip) "$@" ;; esac
        while dd bs=4096 count=4 iflag=fullblock of=\(path("chunk")) 2>/dev/null; [ -s \(path("chunk")) ]; do
          \(gzip) -c \(path("chunk"))
          sleep 0.25
        done
        """)
    chmod(script, 0o755)
    let settings = path("etc/qemu.conf")
    let text = try String(contentsOfFile: settings, encoding: .utf8)
    _ = try file("etc/qemu.conf", holding: text + "save_image_format = \"gzip\"\n")
  }

  /// Serves the slow disk, and writes `push.xml`, the request of a backup of it alone.
  func serveSlowDisk() throws -> BackgroundProcess {
    let server = try BackgroundProcess([
      try require(tool: "nbdkit"), "--foreground", "--unix", path("slow.sock"), "--filter=rate",
      "--filter=cow",
      "pattern", "16M", "rate=32M",
    ])
    for _ in 0..<500 where !FileManager.default.fileExists(atPath: path("slow.sock")) { usleep(20_000) }
    _ = try file(
      "push.xml",
      holding: """
        <domainbackup>
          <disks>
            <disk name='vda' backup='no'/>
            <disk name='vdb' backup='no'/>
            <disk name='vdc' type='file'><target file='\(path("backup.raw"))'/><driver type='raw'/></disk>
          </disks>
        </domainbackup>
        """)
    return server
  }

  var slowDiskXML: String {
    """
        <disk type='network' device='disk'>
          <driver name='qemu' type='raw'/>
          <source protocol='nbd'><host transport='unix' socket='\(path("slow.sock"))'/></source>
          <target dev='vdc' bus='virtio'/>
        </disk>

    """
  }

  var monitorXML: String {
    """
      <qemu:commandline>
        <qemu:arg value='-qmp'/><qemu:arg value='unix:\(path("qmp.sock")),server=on,wait=off'/>
      </qemu:commandline>

    """
  }
}
