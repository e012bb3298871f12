import Testing
import XMLTree

@testable import Operations

@Suite("qemu-server.conf of a libvirt guest")
struct ProxmoxConfigurationTests {
  private func lines(_ xml: String, nvram: (device: String, size: UInt64)? = nil) throws -> [String] {
    let domain = try XMLDocument.parse(xml).root
    let disks = try GuestDisk.disks(inDomainXML: xml)
    let config = ProxmoxConfiguration(domain, disks: disks, nvram: nvram).config
    #expect(config.name == "qemu-server.conf")
    return String(decoding: config.data, as: UTF8.self).split(separator: "\n").map(String.init)
  }

  @Test("says what a guest needs to boot, and a hint for each disk")
  func usual() throws {
    let found = try lines(
      """
      <domain type='kvm'>
        <name>web_1 (old)</name>
        <uuid>11111111-2222-3333-4444-555555555555</uuid>
        <memory unit='KiB'>2097152</memory>
        <vcpu>4</vcpu>
        <os><type machine='pc-q35-7.2'>hvm</type><boot dev='hd'/></os>
        <cpu mode='host-passthrough'><topology sockets='2' dies='1' cores='2' threads='1'/></cpu>
        <devices>
          <disk type='file' device='disk'><driver type='qcow2' discard='unmap'/><source file='/a'/>
            <target dev='vda' bus='virtio'/></disk>
          <disk type='file' device='disk'><source file='/b'/><target dev='sda' bus='usb'/></disk>
          <interface type='network'><mac address='52:54:00:12:34:56'/><model type='virtio'/></interface>
          <serial type='pty'/>
          <channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0'/></channel>
        </devices>
      </domain>
      """)
    #expect(
      found == [
        "agent: 1", "boot: order=virtio0", "cores: 2", "cpu: host", "machine: q35", "memory: 2048",
        "name: web-1--old", "net0: virtio=52:54:00:12:34:56,bridge=vmbr0",
        "scsi0: local-lvm:vm-9999-scsi0", "scsihw: virtio-scsi-pci", "serial0: socket",
        "smbios1: uuid=11111111-2222-3333-4444-555555555555", "sockets: 2", "vga: serial0",
        "virtio0: local-lvm:vm-9999-virtio0,discard=on",
        "#qmdump#map:virtio0:drive-vda:local-lvm:raw:", "#qmdump#map:scsi0:drive-sda:local-lvm:raw:",
      ])
  }

  @Test("maps the UEFI variables, which would else be a device without a hint")
  func firmware() throws {
    let xml = "<domain><name>a</name><os><loader type='pflash'>/x</loader></os><devices/></domain>"
    let found = try lines(xml, nvram: ("nvram", 540_672))
    #expect(found.contains("bios: ovmf"))
    #expect(found.contains("efidisk0: local-lvm:vm-9999-disk-efi,efitype=4m,size=528K"))
    #expect(found.last == "#qmdump#map:efidisk0:nvram:local-lvm:raw:")
  }

  @Test("takes no line from a document that is none of its own")
  func hostile() throws {
    let found = try lines(
      """
      <domain><name>a&#10;lock: backup</name><uuid>x&#10;y</uuid><memory>lots</memory><vcpu>-3</vcpu><devices>
        <interface type='network'><mac address='52:54&#10;hook: x'/></interface></devices></domain>
      """)
    #expect(
      found == [
        "cores: 1", "name: a-lock--backup", "net0: rtl8139,bridge=vmbr0", "sockets: 1",
      ])
  }
}
