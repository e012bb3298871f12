extension EmbeddedGuest {
  /// The driver's settings below a root. As root libvirt would run QEMU as another account and give the files to it;
  /// here QEMU stays the caller's, so that no test depends on the modes of the directories above. Without
  /// virtlogd the serial file must be QEMU's own.
  static let qemuConfiguration = """
    user = "+0"
    group = "+0"
    dynamic_ownership = 0
    remember_owner = 0
    security_driver = "none"
    stdio_handler = "file"

    """

  /// The definition of a guest: TCG, machine `pc`, direct kernel boot, one serial file, virtio disks.
  ///
  /// On a busy machine an emulated timer may stand still for longer than the kernel waits for it when it boots; without
  /// `no_timer_check` it panics then.
  static func domainXML(name: String, disks: [Disk], root: String, image: GuestImage) throws -> String {
    let diskElements = disks.map { disk in
      """
          <disk type='file' device='disk'>
            <driver name='qemu' type='\(disk.format)'/>
            <source file='\(root)/disks/\(disk.target).\(disk.format)'/>
            <target dev='\(disk.target)' bus='virtio'/>
          </disk>

      """
    }
    return """
      <domain type='qemu'>
        <name>\(name)</name>
        <memory unit='MiB'>256</memory>
        <vcpu>1</vcpu>
        <os>
          <type arch='x86_64' machine='pc'>hvm</type>
          <kernel>\(image.kernel)</kernel>
          <initrd>\(image.initramfs)</initrd>
          <cmdline>console=ttyS0 quiet no_timer_check</cmdline>
        </os>
        <features>
          <acpi/>
        </features>
        <devices>
          <emulator>\(try require(tool: "qemu-system-x86_64"))</emulator>
      \(diskElements.joined())\
          <controller type='usb' model='none'/>
          <serial type='file'>
            <source path='\(root)/serial.log' append='on'/>
          </serial>
          <memballoon model='none'/>
        </devices>
      </domain>

      """
  }
}
