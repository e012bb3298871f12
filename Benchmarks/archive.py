#!/usr/bin/env python3
"""Compares snapsh vma create, verify and extract with the plain tools on the same bytes. See README.md."""

import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections import namedtuple

from harness import ROUNDS, SNAPSH, directory, fail, need

MIB = int(os.environ.get("SNAPSH_BENCH_MIB", "4096"))
CASES = os.environ.get("SNAPSH_BENCH_CASES", "").split()
BLOCK = 4096
MEMORY_AIM_MIB = 64

# A command of a round: its name in the table, the command, and what it makes (removed before and after).
Step = namedtuple("Step", "name command product")
# What is compared: a step, another one or seconds, and the most that it may be.
Aim = namedtuple("Aim", "measured other limit")
Cost = namedtuple("Cost", "wall cpu memory")


def fill(path, size, pieces, make=os.urandom):
    """A sparse file with data at (offset, length)."""
    with open(path, "wb") as file:
        file.truncate(size)
        for offset, length in pieces:
            file.seek(offset)
            file.write(make(length))


def touch_memory(directory, mebibytes):
    """Makes the kernel take and give back what the next command will need: in a virtual machine whoever uses a page first
    pays for it, which would be one command here and another one there."""
    path = os.path.join(directory, "touched")
    with open(path, "wb") as file:
        os.posix_fallocate(file.fileno(), 0, mebibytes << 20)
    os.remove(path)


def whole(size):
    return ((offset, 1 << 20) for offset in range(0, size, 1 << 20))


def compressible(length):
    """A third zeros, a third text, a third random bytes, in pieces of 16 KiB: something like a file system."""
    words = [b"%x " % (number * 2654435761 % 65536) for number in range(4096)]
    pieces = []
    for number in range(length >> 14):
        kind = number % 3
        if kind == 0:
            pieces.append(bytes(1 << 14))
        elif kind == 1:
            pieces.append(b"".join(random.choices(words, k=1 << 13))[: 1 << 14])
        else:
            pieces.append(os.urandom(1 << 14))
    return b"".join(pieces)


class Case:
    """One kind of disk. Subclasses make it, and say what is run on it and what is aimed at."""

    aims = []
    # MiB that a copy takes, about.
    written = MIB

    def __init__(self, directory):
        self.directory = directory
        self.source = self.path("source.raw")
        self.copy = self.path("copy")
        self.archive = self.path("archive.vma")
        self.created = self.path("created.vma")
        self.extracted = self.path("extracted")
        self.costs = {}
        self.make()
        subprocess.run(self.create(self.archive), check=True)

    def path(self, name):
        return os.path.join(self.directory, name)

    def create(self, archive, *options):
        return [SNAPSH, "vma", "create", archive, *options, "-d", "format=raw:disk=" + self.source]

    def step_create(self):
        return Step("create", self.create(self.created), self.created)

    def step_cp(self, sparse):
        return Step(f"cp --sparse={sparse}", ["cp", f"--sparse={sparse}", self.source, self.copy], self.copy)

    def steps_reading(self):
        return [
            Step("cat archive", ["cat", self.archive], None),
            Step("verify", [SNAPSH, "vma", "verify", self.archive], None),
            Step("extract", [SNAPSH, "vma", "extract", self.archive, self.extracted], self.extracted),
        ]

    def round(self, number):
        steps = self.steps()
        # Whoever comes first finds the memory in another state than who comes last.
        start = number % len(steps)
        for step in steps[start:] + steps[:start]:
            remove(step.product)
            if step.product:
                touch_memory(self.directory, self.written)
            self.costs.setdefault(step.name, []).append(measure(step.command))
            self.check(step)
            remove(step.product)

    def check(self, step):
        """What was extracted in the first round is what went in."""
        if step.name == "extract" and len(self.costs[step.name]) == 1:
            if subprocess.run(["cmp", self.source, os.path.join(self.extracted, "disk-disk.raw")]).returncode:
                fail(f"{self.name}: the extracted disk differs from the source")


class Random(Case):
    name = "random"
    aims = [
        Aim("create", "cp --sparse=never", 1.1),
        Aim("verify", "cat archive", 1.3),
        Aim("extract", "cp --sparse=auto", 1.15),
    ]

    def make(self):
        self.description = f"{MIB} MiB of random data"
        fill(self.source, MIB << 20, whole(MIB << 20))

    def steps(self):
        return [self.step_cp("auto"), self.step_cp("never"), self.step_create(), *self.steps_reading()]


class Tenth(Case):
    name = "tenth"
    written = MIB // 4
    aims = [
        Aim("create", "cp --sparse=auto", 1.3),
        Aim("verify", "cat archive", 1.3),
        Aim("extract", "cp --sparse=auto", 1.15),
    ]

    def make(self):
        size = 2 * MIB << 20
        share = size // 20
        self.description = f"{2 * MIB} MiB, a tenth of it data, half of that in single blocks of 4 KiB"
        generator = random.Random(1)
        pieces = [(piece << 20, 1 << 20) for piece in generator.sample(range(size >> 20), share >> 20)]
        pieces += [(block * BLOCK, BLOCK) for block in generator.sample(range(size // BLOCK), share // BLOCK)]
        fill(self.source, size, pieces)

    def steps(self):
        return [self.step_cp("auto"), self.step_create(), *self.steps_reading()]


class Hole(Case):
    name = "hole"
    written = 16
    aims = [Aim("create", "cat disk", 0.1)]

    def make(self):
        self.description = "8 GiB, all of it a hole"
        fill(self.source, 8 << 30, [])

    def steps(self):
        return [Step("cat disk", ["cat", self.source], None), self.step_create(), *self.steps_reading()]


class Twenty(Case):
    name = "twenty"
    aims = [
        Aim("create", "cp --sparse=auto", 1.3),
        Aim("verify", "cat archive", 1.3),
        Aim("extract", "cp --sparse=auto", 1.15),
    ]

    def make(self):
        os.mkdir(self.source)
        size = max(4, 2 * MIB // 20) << 20
        self.description = f"20 devices of {size >> 20} MiB, half of each data in pieces of 1 MiB"
        for disk in range(20):
            fill(f"{self.source}/{disk}", size, ((offset, 1 << 20) for offset in range(0, size, 2 << 20)))

    def create(self, archive, *options):
        devices = [word for disk in range(20) for word in ("-d", f"format=raw:d{disk}={self.source}/{disk}")]
        return [SNAPSH, "vma", "create", archive, *options, *devices]

    def steps(self):
        copy = Step("cp --sparse=auto", ["cp", "-r", "--sparse=auto", self.source, self.copy], self.copy)
        return [copy, self.step_create(), *self.steps_reading()]

    def check(self, step):
        if step.name != "extract" or len(self.costs[step.name]) > 1:
            return
        for disk in range(20):
            if subprocess.run(["cmp", f"{self.source}/{disk}", f"{self.extracted}/disk-d{disk}.raw"]).returncode:
                fail(f"{self.name}: an extracted disk differs from its source")


class Pipe(Case):
    name = "pipe"
    aims = [
        Aim("create | cat", "cat disk | cat", 1.3),
        Aim("cat | verify", "cat archive | cat", 1.3),
        Aim("cat | extract", "cat archive | cat > file", 1.15),
    ]

    def make(self):
        self.description = f"{MIB} MiB of random data through a pipe"
        fill(self.source, MIB << 20, whole(MIB << 20))

    def steps(self):
        def shell(name, line, product=None):
            return Step(name, ["sh", "-c", line], product)

        create = " ".join(self.create("-"))
        return [
            shell("cat disk | cat", f"cat {self.source} | cat >/dev/null"),
            shell("create | cat", f"{create} | cat >/dev/null"),
            shell("cat archive | cat", f"cat {self.archive} | cat >/dev/null"),
            shell("cat | verify", f"cat {self.archive} | {SNAPSH} vma verify -"),
            shell("cat archive | cat > file", f"cat {self.archive} | cat >{self.copy}", self.copy),
            shell("cat | extract", f"cat {self.archive} | {SNAPSH} vma extract - {self.extracted}", self.extracted),
        ]


class Zstd(Case):
    name = "zstd"
    written = MIB // 4
    aims = [
        Aim("create --compress zstd:1", "zstd -1 -T2", 1.11),
        Aim("create --compress zstd:3", "zstd -3 -T2", 1.11),
        Aim("verify .zst", "zstd -dc", 1.3),
    ]

    def make(self):
        size = MIB // 4 << 20
        self.description = f"{MIB // 4} MiB: a third zeros, a third text, a third random bytes"
        fill(self.source, size, whole(size), compressible)

    def steps(self):
        packed = self.path("archive.vma.zst")
        if not os.path.exists(packed):
            subprocess.run(self.create(packed, "--compress", "zstd:3"), check=True)
        steps = []
        for level in (1, 3):
            zstd = ["zstd", "-q", f"-{level}", "-T2", self.source, "-o", self.copy]
            create = self.create(self.created, "--compress", f"zstd:{level},threads=2")
            steps.append(Step(f"zstd -{level} -T2", zstd, self.copy))
            steps.append(Step(f"create --compress zstd:{level}", create, self.created))
        return steps + [
            Step("zstd -dc", ["zstd", "-q", "-dc", packed], None),
            Step("verify .zst", [SNAPSH, "vma", "verify", packed], None),
        ]


class Terabyte(Case):
    name = "terabyte"
    written = 160
    aims = [Aim("verify --structure-only", 2.0, 1.0)]

    def make(self):
        self.description = "an archive of 1 TiB of zeros"
        fill(self.source, 1 << 40, [])

    def steps(self):
        return [
            Step("cat archive", ["cat", self.archive], None),
            Step("create", self.create(self.created), self.created),
            Step("verify", [SNAPSH, "vma", "verify", self.archive], None),
            Step("verify --structure-only", [SNAPSH, "vma", "verify", "--structure-only", self.archive], None),
        ]


def remove(path):
    if path is None:
        return
    if os.path.isdir(path):
        shutil.rmtree(path)
    elif os.path.exists(path):
        os.remove(path)


def measure(command):
    """Seconds by the clock, seconds of processor time, and peak memory (MiB) of one command and its children."""
    started = time.monotonic()
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    seconds = time.monotonic() - started
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        fail(f"{' '.join(command)} exited with {child.returncode}")
    return Cost(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def ratio(case, aim, field):
    """Median of the rounds' ratios: what disturbs a round disturbs both of its halves."""
    measured = [getattr(cost, field) for cost in case.costs[aim.measured]]
    if isinstance(aim.other, str):
        other = [getattr(cost, field) for cost in case.costs[aim.other]]
    else:
        other = [aim.other] * len(measured)
    return statistics.median(a / b for a, b in zip(measured, other))


def report(case):
    print(f"\n{case.name}: {case.description}")
    memory = 0
    for name, costs in case.costs.items():
        walls = [cost.wall for cost in costs]
        median = statistics.median(walls)
        processor = statistics.median(cost.cpu for cost in costs)
        peak = max(cost.memory for cost in costs)
        print(f"  {name:<26} {median:8.3f} s  ({min(walls):.3f} to {max(walls):.3f})  cpu {processor:7.3f} s  {peak:6.1f} MiB")
        if any(word in name for word in ("create", "verify", "extract")):
            memory = max(memory, peak)
    for aim in case.aims:
        reached = ratio(case, aim, "wall")
        other = aim.other if isinstance(aim.other, str) else f"{aim.other:g} s"
        verdict = "met" if reached <= aim.limit else "MISSED"
        processor = f"  (cpu {ratio(case, aim, 'cpu'):.2f})" if isinstance(aim.other, str) else ""
        print(f"  {aim.measured + ' / ' + other:<48} {reached:5.2f}   aim {aim.limit:.2f}  {verdict}{processor}")
    verdict = "met" if memory <= MEMORY_AIM_MIB else "MISSED"
    print(f"  {'peak memory':<48} {memory:5.1f} MiB   aim {MEMORY_AIM_MIB} MiB  {verdict}")
    sys.stdout.flush()


def main():
    need("zstd")
    cases = [Random, Tenth, Hole, Twenty, Pipe, Zstd, Terabyte]
    unknown = set(CASES) - {case.name for case in cases}
    if unknown:
        fail(f"no case is called {' or '.join(sorted(unknown))}")
    # At once there are the source, its archive and one copy, and some room must be left to others.
    work = tempfile.mkdtemp(prefix="snapsh-bench.", dir=directory(4 * MIB))
    print(f"{ROUNDS} rounds in {os.path.dirname(work)}, every command once a round; medians")
    try:
        # One after another, so that two need not fit at the same time.
        for kind in cases:
            if CASES and kind.name not in CASES:
                continue
            place = os.path.join(work, kind.name)
            os.mkdir(place)
            case = kind(place)
            for number in range(ROUNDS):
                case.round(number)
            report(case)
            shutil.rmtree(place)
    finally:
        shutil.rmtree(work, ignore_errors=True)


if __name__ == "__main__":
    main()
