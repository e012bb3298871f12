#!/usr/bin/env python3
"""How much a repository of restic and of borg grows by the second archive of a guest of which little has changed.

Says so and measures nothing where restic or borg is missing. README.md tells the rest.
"""

import os
import random
import shutil
import subprocess
import tempfile

from harness import SNAPSH, need

MEBIBYTES = int(os.environ.get("SNAPSH_BENCH_MIB", "4096")) // 8
CHANGES = 8


def size(path):
    return sum(os.path.getsize(os.path.join(d, f)) for d, _, files in os.walk(path) for f in files)


def quietly(command, **more):
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **more)


class Restic:
    name = "restic"

    def __init__(self, work):
        self.path = os.path.join(work, "restic")
        self.environment = {**os.environ, "RESTIC_PASSWORD": "bench", "RESTIC_CACHE_DIR": work + "/cache"}
        quietly(["restic", "init", "-r", self.path], env=self.environment)

    def add(self, archive):
        quietly(["restic", "backup", "-r", self.path, archive], env=self.environment)
        return size(self.path)


class Borg:
    name = "borg"

    def __init__(self, work):
        self.path = os.path.join(work, "borg")
        self.environment = {**os.environ, "BORG_BASE_DIR": work + "/borg-base"}
        quietly(["borg", "init", "-e", "none", self.path], env=self.environment)
        self.count = 0

    def add(self, archive):
        self.count += 1
        quietly(["borg", "create", f"{self.path}::{self.count}", archive], env=self.environment)
        return size(self.path)


def make(name, *options):
    quietly([SNAPSH, "vma", "create", name, *options, "-d", "format=raw:drive-scsi0=disk.raw"])


def main():
    for tool in ["restic", "borg"]:
        if not shutil.which(tool):
            print(f"deduplication: {tool} is missing, so nothing is measured (Debian's packages: restic, borgbackup)")
            return
    need()
    random.seed(1)
    with tempfile.TemporaryDirectory(prefix="snapsh-bench-", dir=os.environ.get("SNAPSH_BENCH_DIR")) as work:
        os.chdir(work)
        with open("disk.raw", "wb") as disk:
            disk.truncate(MEBIBYTES << 20)
            for place in range(MEBIBYTES):
                if place % 4 != 3:
                    disk.seek(place << 20)
                    disk.write(random.randbytes(1 << 20))
        make("fixed-1.vma", "--reproducible")
        make("fresh-1.vma")
        make("packed-1.vma", "--reproducible", "--compress", "zstd:1")
        with open("disk.raw", "r+b") as disk:
            for _ in range(CHANGES):
                # Data that changes, and a hole that is filled, which moves all that follows.
                disk.seek(random.randrange(MEBIBYTES) << 20)
                disk.write(random.randbytes(64 << 10))
            disk.seek(3 << 20)
            disk.write(random.randbytes(64 << 10))
        make("fixed-2.vma", "--reproducible")
        make("fresh-2.vma")
        make("packed-2.vma", "--reproducible", "--compress", "zstd:1")
        changed = (CHANGES + 1) * 64 / 1024
        print(f"{os.path.getsize('fixed-1.vma') >> 20} MiB of archive, {changed:.1f} MiB of the disk changed in {CHANGES + 1} places")
        for repository in [Restic, Borg]:
            for kind, meaning in [
                ("fresh", "a new UUID and time"), ("fixed", "--reproducible"),
                ("packed", "--reproducible --compress zstd:1"),
            ]:
                place = os.path.join(work, repository.name + kind)
                os.mkdir(place)
                made = repository(place)
                shutil.copy(f"{kind}-1.vma", "archive.vma")
                first = made.add("archive.vma")
                shutil.copy(f"{kind}-2.vma", "archive.vma")
                second = made.add("archive.vma")
                print(
                    f"  {repository.name:6} {meaning:33} first {first / 2**20:7.1f} MiB, "
                    f"the second adds {(second - first) / 2**20:7.1f} MiB")
                shutil.rmtree(place)


main()
