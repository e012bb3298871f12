#!/usr/bin/env python3
"""Compares snapsh vma create, verify and extract with cp and cat on the same files. See README.md."""

import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
SNAPSH = os.environ.get("SNAPSH", os.path.join(ROOT, ".build", "release", "snapsh"))
ROUNDS = int(os.environ.get("SNAPSH_BENCH_ROUNDS", "5"))
MIB = int(os.environ.get("SNAPSH_BENCH_MIB", "4096"))
BLOCK = 4096

# What is aimed at: (workload, measured, compared with, ratio at most).
AIMS = [
    ("random", "create", "cp --sparse=auto", 1.3),
    ("random", "create", "cp --sparse=never", 1.3),
    ("random", "verify", "cat archive", 1.5),
    ("random", "extract", "cp --sparse=auto", 1.5),
    ("sparse", "create", "cp --sparse=auto", 1.3),
    ("sparse", "verify", "cat archive", 1.5),
    ("sparse", "extract", "cp --sparse=auto", 1.5),
]
MEMORY_AIM_MIB = 64


def fail(message):
    sys.exit("archive.py: " + message)


def working_directory():
    """Where the files go: memory if they fit there, so that the disk's moods are not measured."""
    chosen = os.environ.get("SNAPSH_BENCH_DIR")
    if chosen:
        return chosen
    # At once there are the source, its archive and one copy, and some room must be left to others.
    needed = 4 * MIB << 20
    for directory in ("/dev/shm", tempfile.gettempdir()):
        if os.path.isdir(directory) and shutil.disk_usage(directory).free > needed:
            return directory
    fail(f"no room for {needed >> 30} GiB in /dev/shm or {tempfile.gettempdir()}: set SNAPSH_BENCH_MIB")


def make_random(path):
    with open(path, "wb") as file:
        for _ in range(MIB):
            file.write(os.urandom(1 << 20))
    return f"{MIB} MiB of random data"


def make_sparse(path):
    """Twice the size, a tenth of it data: half in pieces of 1 MiB, half in single blocks."""
    size = 2 * MIB << 20
    share = size // 20
    generator = random.Random(1)
    with open(path, "wb") as file:
        file.truncate(size)
        for piece in generator.sample(range(size >> 20), share >> 20):
            file.seek(piece << 20)
            file.write(os.urandom(1 << 20))
        for block in generator.sample(range(size // BLOCK), share // BLOCK):
            file.seek(block * BLOCK)
            file.write(os.urandom(BLOCK))
    return f"{2 * MIB} MiB, a tenth of it data, half of that in single blocks of 4 KiB"


class Workload:
    def __init__(self, name, make, directory):
        self.name = name
        self.source = os.path.join(directory, name + ".raw")
        self.copy = os.path.join(directory, name + ".copy")
        self.archive = os.path.join(directory, name + ".vma")
        self.extracted = os.path.join(directory, name + ".extracted")
        self.description = make(self.source)
        self.times = {}
        self.memory = 0

    def commands(self):
        """In the order of a round: name, command, and what it makes."""
        device = "format=raw:disk=" + self.source
        return [
            ("cp --sparse=auto", ["cp", "--sparse=auto", self.source, self.copy], self.copy),
            ("cp --sparse=never", ["cp", "--sparse=never", self.source, self.copy], self.copy),
            ("create", [SNAPSH, "vma", "create", self.archive, "-d", device], self.archive),
            ("cat archive", ["cat", self.archive], None),
            ("verify", [SNAPSH, "vma", "verify", self.archive], None),
            ("extract", [SNAPSH, "vma", "extract", self.archive, self.extracted], self.extracted),
        ]

    def round(self):
        for name, command, product in self.commands():
            # Nothing but the source and the archive is there while something is measured.
            for leftover in (self.copy, self.extracted, product):
                remove(leftover)
            seconds, memory = measure(command)
            self.times.setdefault(name, []).append(seconds)
            if command[0] == SNAPSH:
                self.memory = max(self.memory, memory)

    def check(self):
        """What was extracted is what went in."""
        if subprocess.run(["cmp", self.source, os.path.join(self.extracted, "disk-disk.raw")]).returncode:
            fail(f"{self.name}: the extracted disk differs from the source")

    def ratio(self, name, other):
        """Median of the rounds' ratios: what disturbs a round disturbs both of its halves."""
        return statistics.median(a / b for a, b in zip(self.times[name], self.times[other]))

    def remove(self):
        for path in (self.source, self.copy, self.archive, self.extracted):
            remove(path)


def remove(path):
    if path is None:
        return
    if os.path.isdir(path):
        shutil.rmtree(path)
    elif os.path.exists(path):
        os.remove(path)


def measure(command):
    """Seconds and peak memory (MiB) of one command."""
    started = time.monotonic()
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    seconds = time.monotonic() - started
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        fail(f"{' '.join(command)} exited with {child.returncode}")
    return seconds, usage.ru_maxrss / 1024


def report(workload):
    print(f"\n{workload.name}: {workload.description}")
    for name, times in workload.times.items():
        print(f"  {name:<18} {statistics.median(times):8.3f} s   ({min(times):.3f} to {max(times):.3f})")
    for name, measured, other, aim in AIMS:
        if name == workload.name:
            ratio = workload.ratio(measured, other)
            verdict = "met" if ratio <= aim else "MISSED"
            print(f"  {measured + ' / ' + other:<30} {ratio:5.2f}   aim {aim:.2f}  {verdict}")
    verdict = "met" if workload.memory <= MEMORY_AIM_MIB else "MISSED"
    print(f"  {'peak memory':<30} {workload.memory:5.1f} MiB   aim {MEMORY_AIM_MIB} MiB  {verdict}")
    sys.stdout.flush()


def main():
    if not os.access(SNAPSH, os.X_OK):
        fail(f"{SNAPSH} is not there: run make build")
    directory = tempfile.mkdtemp(prefix="snapsh-bench.", dir=working_directory())
    print(f"{ROUNDS} rounds in {os.path.dirname(directory)}, every command once a round; medians")
    try:
        # One after another, so that both need not fit at the same time.
        for name, make in (("random", make_random), ("sparse", make_sparse)):
            workload = Workload(name, make, directory)
            for _ in range(ROUNDS):
                workload.round()
            workload.check()
            report(workload)
            workload.remove()
    finally:
        shutil.rmtree(directory, ignore_errors=True)


if __name__ == "__main__":
    main()
