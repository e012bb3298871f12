#!/usr/bin/env python3
"""Compares snapsh backup of a running guest with nbdcopy of the same export and with virtnbdbackup. See README.md."""

import os
import random
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time

from guest_pause import DEFINITION, DISK, GUEST_IMAGE, QEMU_CONF, Watch
from harness import ROUNDS, SNAPSH, directory, fail, need

MIB = int(os.environ.get("SNAPSH_BENCH_MIB", "4096")) // 4
SPARSE_GIB = 64

# What is aimed at: (measured, compared with, ratio at most).
AIMS = [
    ("backup", "nbdcopy, job included", 1.1),
    ("backup", "virtnbdbackup", 0.5),
    ("backup --compress zstd:1", "backup | zstd -1", 1.1),
    ("backup --compress zstd:3", "backup | zstd -3", 1.1),
]
MEMORY_AIM_MIB = 96

# virtnbdbackup runs no event loop, without which the driver inside the process gets no answer from QEMU.
VIRTNBDBACKUP = """
import libvirt, runpy, sys, threading
libvirt.virEventRegisterDefaultImpl()
def loop():
    while True:
        libvirt.virEventRunDefaultImpl()
threading.Thread(target=loop, daemon=True).start()
sys.argv[0] = PROGRAM
runpy.run_path(PROGRAM, run_name="__main__")
"""


def make_data(path):
    """Data of which a half cannot be compressed, and a half is text of few words."""
    generator = random.Random(1)
    words = [os.urandom(6).hex().encode() for _ in range(4096)]
    with open(path, "wb") as file:
        for _ in range(MIB):
            text = b" ".join(generator.choice(words) for _ in range((512 << 10) // 13 + 1))[:512 << 10]
            file.write(os.urandom(512 << 10) + text)


def make_sparse(path):
    """64 GiB, of which 64 MiB are data, in pieces of 64 KiB all over it."""
    generator = random.Random(2)
    with open(path, "wb") as file:
        file.truncate(SPARSE_GIB << 30)
        for piece in generator.sample(range(SPARSE_GIB << 14), 1024):
            file.seek(piece << 16)
            file.write(os.urandom(64 << 10))


def run(*command, **more):
    result = subprocess.run(command, capture_output=True, text=True, **more)
    if result.returncode:
        fail(f"{' '.join(command)} failed: {result.stdout}{result.stderr}")


class Bench:
    def __init__(self, files):
        # libvirt's own directory may not be below /dev/shm, which QEMU gets one of its own of.
        self.root, self.files = tempfile.mkdtemp(prefix="snapsh-backup.", dir="/tmp"), files
        self.uri = f"qemu:///embed?root={self.root}"
        self.times, self.product = {}, files + "/product"
        self.environment = dict(os.environ, XDG_STATE_HOME=self.root + "/state")

    def disk(self, target, image_format, make, size):
        path = f"{self.files}/{target}.{image_format}"
        if make is None:
            run("qemu-img", "create", "-q", "-f", image_format, path, size)
        elif image_format == "raw":
            make(path)
        else:
            make(path + ".raw")
            run("qemu-img", "convert", "-f", "raw", "-O", image_format, path + ".raw", path)
            os.remove(path + ".raw")
        return DISK.format(format=image_format, path=path, target=target)

    def start(self):
        os.mkdir(self.root + "/etc")
        with open(self.root + "/etc/qemu.conf", "w") as file:
            file.write(QEMU_CONF)
        disks = (self.disk("vda", "qcow2", None, "64M") + self.disk("vdb", "qcow2", make_data, None)
                 + self.disk("vdc", "raw", make_sparse, None))
        with open(self.root + "/domain.xml", "w") as file:
            file.write(DEFINITION.format(
                image=GUEST_IMAGE, emulator=shutil.which("qemu-system-x86_64"), disks=disks, root=self.root))
        self.snapsh("define", self.root + "/domain.xml")
        self.snapsh("start", "guest")
        watch = Watch(self.root + "/serial.log")
        watch.start()
        watch.wait(5)
        watch.over = True
        # The guest stands still, so that it takes no processor from what is measured.
        self.snapsh("suspend", "guest")

    def snapsh(self, *words):
        run(SNAPSH, "-q", "-c", self.uri, *words, env=self.environment)

    def clean(self):
        for path in (self.product, self.product + ".xml"):
            if os.path.isdir(path):
                shutil.rmtree(path)
            elif os.path.exists(path):
                os.remove(path)

    def measure(self, name, *command):
        """Seconds and peak memory (MiB) of one command."""
        self.clean()
        started = time.monotonic()
        child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=self.environment)
        said = child.stderr.read()
        _, status, usage = os.wait4(child.pid, 0)
        seconds = time.monotonic() - started
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode:
            fail(f"{' '.join(command)} exited with {child.returncode}: {said.decode()}")
        self.times.setdefault(name, []).append(seconds)
        return usage.ru_maxrss / 1024

    def backup(self, name, *options):
        return self.measure(name, SNAPSH, "-q", "-c", self.uri, "backup", "guest", "-o", self.product, "--scratch",
                            self.files, *options)

    def pipe(self, level):
        script = '"$1" -q -c "$2" backup guest -o - --disk vdb | zstd -q -T0 -' + str(level) + ' -o "$3"'
        self.measure(f"backup | zstd -{level}", "sh", "-c", script, "sh", SNAPSH, self.uri, self.product)

    def nbdcopy(self):
        """The same export, copied into a file; with what begins and ends libvirt's job, as one process does it."""
        socket = self.root + "/nbd.sock"
        with open(self.product + ".xml", "w") as file:
            file.write(f"""<domainbackup mode='pull'><server transport='unix' socket='{socket}'/><disks>
<disk name='vda' backup='no'/><disk name='vdb' type='file'><scratch file='{self.files}/scratch'/></disk>
<disk name='vdc' backup='no'/></disks></domainbackup>""")
        started = time.monotonic()
        self.snapsh(f"backup-begin guest {self.product}.xml; domjobabort guest")
        job = time.monotonic() - started
        self.snapsh("backup-begin", "guest", self.product + ".xml")
        self.measure("nbdcopy", "nbdcopy", f"nbd+unix:///vdb?socket={socket}", self.product)
        self.snapsh("domjobabort", "guest")
        self.times.setdefault("nbdcopy, job included", []).append(self.times["nbdcopy"][-1] + job)

    def virtnbdbackup(self, program):
        self.measure(
            "virtnbdbackup", "/usr/bin/python3", "-c", VIRTNBDBACKUP.replace("PROGRAM", repr(program)), "-U", self.uri,
            "-d", "guest", "-l", "copy", "-i", "vdb", "-o", self.product, "--scratchdir", self.files, "--socketfile",
            self.root + "/virtnbd.sock", "--noprogress")

    def ratio(self, name, other):
        """Median of the rounds' ratios: what disturbs a round disturbs both of its halves."""
        return statistics.median(a / b for a, b in zip(self.times[name], self.times[other]))

    def end(self):
        try:
            with open(self.root + "/run/qemu/guest.pid") as file:
                os.kill(int(file.read()), signal.SIGKILL)
        except (OSError, ValueError):
            pass
        time.sleep(0.5)
        for directory in (self.root, self.files):
            shutil.rmtree(directory, ignore_errors=True)


def main():
    need("qemu-system-x86_64", "qemu-img", "nbdcopy", "zstd")
    virtnbdbackup = shutil.which("virtnbdbackup")
    # What ends this ends the guest too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    # The guest's disk, and what is being made of it.
    bench = Bench(tempfile.mkdtemp(prefix="snapsh-backup.", dir=directory(3 * MIB)))
    memory = 0
    try:
        bench.start()
        print(f"{ROUNDS} rounds, every command once a round; medians. A guest's disk of {MIB} MiB, half of it random:")
        for _ in range(ROUNDS):
            bench.backup("backup", "--disk", "vdb")
            bench.nbdcopy()
            if virtnbdbackup:
                bench.virtnbdbackup(virtnbdbackup)
            for level in (1, 3):
                bench.backup(f"backup --compress zstd:{level}", "--disk", "vdb", "--compress", f"zstd:{level}")
                bench.pipe(level)
            memory = max(memory, bench.backup(f"backup of {SPARSE_GIB} GiB, sparse", "--disk", "vdc"))
        for name, times in bench.times.items():
            rate = "" if "sparse" in name else f"{MIB / statistics.median(times):8.0f} MiB/s"
            print(f"  {name:<28} {statistics.median(times):8.3f} s   ({min(times):.3f} to {max(times):.3f}) {rate}")
        for name, other, aim in AIMS:
            if other in bench.times:
                ratio = bench.ratio(name, other)
                print(f"  {name + ' / ' + other:<44} {ratio:5.2f}   aim {aim:.2f}  {'met' if ratio <= aim else 'MISSED'}")
            else:
                print(f"  {name + ' / ' + other:<44} not measured: {other} is not installed")
        verdict = "met" if memory <= MEMORY_AIM_MIB else "MISSED"
        print(f"  {'peak memory, ' + str(SPARSE_GIB) + ' GiB sparse':<44} {memory:5.1f} MiB   aim {MEMORY_AIM_MIB} MiB  {verdict}")
    finally:
        bench.end()


if __name__ == "__main__":
    main()
