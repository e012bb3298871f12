#!/usr/bin/env python3
"""How long nbdcopy takes into vma-writer, divided by how long it takes into servers that only store the bytes.

The archive has digests and is complete when the writer has ended; that wait counts. README.md tells the rest.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time

from harness import ROUNDS, SNAPSH, directory, need

MEBIBYTES = int(os.environ.get("SNAPSH_BENCH_MIB", "4096")) // 2


def timed(command, socket, is_ready):
    """Starts a server, copies the disk into it, and returns the seconds from the copy's start to the server's end."""
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while not is_ready():
        if server.poll() is not None:
            sys.exit(f"{command[0]} ended with status {server.returncode}")
        time.sleep(0.01)
    started = time.monotonic()
    subprocess.run(["nbdcopy", "disk.raw", f"nbd+unix:///disk?socket={socket}"], check=True)
    copied = time.monotonic() - started
    if command[0] == SNAPSH:
        if server.wait() != 0:
            sys.exit("vma-writer failed")
        return time.monotonic() - started
    server.terminate()
    server.wait()
    return copied


def main():
    need("nbdcopy", "nbdkit", "qemu-nbd")
    with tempfile.TemporaryDirectory(prefix="snapsh-bench-", dir=directory(4 * MEBIBYTES)) as work:
        os.chdir(work)
        size = MEBIBYTES << 20
        with open("disk.raw", "wb") as disk:
            for _ in range(MEBIBYTES):
                disk.write(os.urandom(1 << 20))
        servers = {
            "vma-writer": [
                SNAPSH, "vma-writer", "--nbd", "s", "--drive", f"name=disk,size={size}", "--output", "disk.vma",
            ],
            "nbdkit memory": ["nbdkit", "-f", "-U", "s", "memory", str(size)],
            "qemu-nbd raw file": [
                "qemu-nbd", "-f", "raw", "-x", "disk", "-k", os.path.join(work, "s"), "-e", "8",
                "--discard=unmap", "target.raw",
            ],
        }
        times = {name: [] for name in servers}
        order = list(servers.items())
        for _ in range(ROUNDS):
            # Whoever comes first finds the machine in another state than who comes last.
            order.append(order.pop(0))
            for name, command in order:
                for leftover in ["s", "disk.vma", "target.raw"]:
                    if os.path.lexists(leftover):
                        os.unlink(leftover)
                if command[0] == "qemu-nbd":
                    with open("target.raw", "wb") as target:
                        target.truncate(size)
                times[name].append(timed(command, "s", lambda: os.path.exists("s")))
                if command[0] == SNAPSH:
                    subprocess.run([SNAPSH, "vma", "verify", "disk.vma"], check=True)
        print(f"nbdcopy of {MEBIBYTES} MiB of random data, median of {ROUNDS} rounds")
        for name, values in times.items():
            print(f"  into {name:18} {statistics.median(values):6.2f} s  {MEBIBYTES / statistics.median(values):6.0f} MiB/s")
        for other in ["nbdkit memory", "qemu-nbd raw file"]:
            ratios = [mine / theirs for mine, theirs in zip(times["vma-writer"], times[other])]
            print(f"  vma-writer / {other}: {statistics.median(ratios):.2f}")


main()
