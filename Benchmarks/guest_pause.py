#!/usr/bin/env python3
"""Measures how long a guest stands still for each way to archive it, beside plain libvirt. See README.md."""

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
import threading
import time

from harness import ROOT, SNAPSH, fail, need

GUEST_IMAGE = os.path.join(ROOT, ".build", "guest")
PATIENCE = 300

DEFINITION = """<domain type='qemu'><name>guest</name><memory unit='MiB'>256</memory><vcpu>1</vcpu>
<os><type arch='x86_64' machine='pc'>hvm</type><kernel>{image}/vmlinuz</kernel><initrd>{image}/initramfs</initrd>
<cmdline>console=ttyS0 quiet no_timer_check</cmdline></os><features><acpi/></features><devices>
<emulator>{emulator}</emulator>{disks}<controller type='usb' model='none'/>
<serial type='file'><source path='{root}/serial.log' append='on'/></serial><memballoon model='none'/></devices></domain>
"""
DISK = """<disk type='file' device='disk'><driver name='qemu' type='{format}'/><source file='{path}'/>
<target dev='{target}' bus='virtio'/></disk>"""
# As for the tests: QEMU stays the caller's account, and its serial line a plain file.
QEMU_CONF = """user = "+0"
group = "+0"
dynamic_ownership = 0
remember_owner = 0
security_driver = "none"
stdio_handler = "file"
"""


class Watch(threading.Thread):
    """Notes when each tick appears on the guest's serial line, to some milliseconds."""

    def __init__(self, path):
        super().__init__(daemon=True)
        self.path, self.ticks, self.over = path, [], False

    def run(self):
        rest = b""
        while not os.path.exists(self.path):
            time.sleep(0.01)
        with open(self.path, "rb") as log:
            while not self.over:
                read = log.read()
                if not read:
                    time.sleep(0.002)
                    continue
                *lines, rest = (rest + read).split(b"\n")
                now = time.monotonic()
                self.ticks += [(now, int(line.split()[1])) for line in lines if line.startswith(b"tick ")]

    def wait(self, count):
        wanted = len(self.ticks) + count
        deadline = time.monotonic() + PATIENCE
        while len(self.ticks) < wanted:
            if time.monotonic() > deadline:
                fail("the guest says nothing")
            time.sleep(0.01)

    def longest_gap(self, since):
        times = [at for at, _ in self.ticks[max(0, since - 1):]]
        return max(later - earlier for earlier, later in zip(times, times[1:]))


def run(*command, quiet=True):
    result = subprocess.run(command, capture_output=True, text=True)
    if result.returncode:
        fail(f"{' '.join(command)} failed: {result.stderr}")
    return result.stdout


def gap(watch, *commands):
    """Runs commands one after another; the longest gap between ticks from before them to after them, and their time."""
    watch.wait(5)
    since, began = len(watch.ticks), time.monotonic()
    for command in commands:
        run(*command)
    took = time.monotonic() - began
    watch.wait(5)
    return watch.longest_gap(since), took


def measure(watch, name, *commands):
    """Prints what gap() tells."""
    longest, took = gap(watch, *commands)
    print(f"{name:52} {longest:8.2f} s {took:12.2f} s", flush=True)


@contextlib.contextmanager
def ticking_guest():
    """A guest with two disks that has begun to tick: its directory, its watch, virsh and snapsh on its libvirt."""
    need("qemu-system-x86_64", "qemu-img", "virsh")
    if not os.path.exists(GUEST_IMAGE):
        fail(f"there is no {GUEST_IMAGE}: run scripts/build-guest")
    root = tempfile.mkdtemp(prefix="snapsh-pause.", dir="/tmp")
    uri = f"qemu:///embed?root={root}"
    # The journals of what is measured go with the guest.
    os.environ["XDG_STATE_HOME"] = root + "/state"
    os.mkdir(root + "/etc")
    with open(root + "/etc/qemu.conf", "w") as file:
        file.write(QEMU_CONF)
    disks = ""
    for target, image_format in (("vda", "qcow2"), ("vdb", "raw")):
        path = f"{root}/{target}.{image_format}"
        run("qemu-img", "create", "-q", "-f", image_format, path, "64M")
        disks += DISK.format(format=image_format, path=path, target=target)
    with open(root + "/domain.xml", "w") as file:
        file.write(DEFINITION.format(image=GUEST_IMAGE, emulator=shutil.which("qemu-system-x86_64"), disks=disks, root=root))
    libvirt, ours = ("virsh", "-q", "-c", uri), (SNAPSH, "-c", uri)
    watch = Watch(root + "/serial.log")
    try:
        run(*ours, "define", root + "/domain.xml")
        run(*ours, "start", "guest")
        watch.start()
        watch.wait(10)
        yield root, watch, libvirt, ours
        ticks = [tick for _, tick in watch.ticks]
        if ticks != list(range(ticks[0], ticks[0] + len(ticks))):
            fail("the guest lost a tick")
        print(f"{len(ticks)} ticks, none lost")
    finally:
        watch.over = True
        try:
            with open(root + "/run/qemu/guest.pid") as file:
                os.kill(int(file.read()), signal.SIGKILL)
        except (OSError, ValueError):
            pass
        time.sleep(0.5)
        shutil.rmtree(root, ignore_errors=True)


def main():
    with ticking_guest() as (root, watch, libvirt, ours):
        print(f"{'':52} {'longest gap':>10} {'command took':>14}")
        measure(watch, "nothing at all", ("sleep", "2"))
        measure(watch, "backup", (*ours, "backup", "guest", "-o", root + "/1.vma"))
        measure(watch, "backup --memory", (*ours, "backup", "guest", "-o", root + "/2.vma", "--memory"))
        measure(watch, "cold-snapshot", (*ours, "cold-snapshot", "guest", "-o", root + "/3.vma"))
        measure(watch, "cold-snapshot --resume-first",
                (*ours, "cold-snapshot", "guest", "-o", root + "/4.vma", "--resume-first"))
        measure(watch, "libvirt: managedsave, then start",
                (*libvirt, "managedsave", "guest"), (*libvirt, "start", "guest"))
        measure(watch, "libvirt: snapshot-create-as --disk-only",
                (*libvirt, "snapshot-create-as", "guest", "s1", "--disk-only"))
        measure(watch, "libvirt: snapshot-create-as --live --memspec",
                (*libvirt, "snapshot-create-as", "guest", "s2", "--live", "--memspec", root + "/s2.memory"))


if __name__ == "__main__":
    main()
