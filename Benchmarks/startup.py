#!/usr/bin/env python3
"""Compares how long snapsh and virsh take to start and to do next to nothing. See README.md."""

import os
import statistics
import subprocess
import sys
import tempfile
import time

from harness import SNAPSH, fail, need

ROUNDS = int(os.environ.get("SNAPSH_BENCH_STARTS", "20"))
# What is aimed at: no slower than virsh.
AIM = 1.0

WORKLOADS = [
    ("--version", ["--version"]),
    ("snapshot-list", ["-c", "test:///default", "snapshot-list", "test"]),
]


def measure(command):
    """Milliseconds until the command has ended."""
    started = time.monotonic()
    status = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode
    elapsed = (time.monotonic() - started) * 1000
    if status:
        fail(f"{' '.join(command)} exited with {status}")
    return elapsed


def install(directory):
    """The binary as `make install` leaves it. A linker's output lies in the page cache in single pages, which cost a
    page fault each; a copy, like virsh's file, lies there in larger pieces."""
    installed = os.path.join(directory, "snapsh")
    subprocess.run(["install", "-m", "0755", SNAPSH, installed], check=True)
    return installed


def report(snapsh, name, arguments):
    # Once each beforehand, so that neither pays for what is not in memory yet.
    times = {"snapsh": [], "virsh": []}
    measure([snapsh] + arguments)
    measure(["virsh"] + arguments)
    for _ in range(ROUNDS):
        # One after the other, so that what disturbs one disturbs both.
        times["snapsh"].append(measure([snapsh] + arguments))
        times["virsh"].append(measure(["virsh"] + arguments))
    print(f"\n{name}: {ROUNDS} starts each, in turns; medians")
    for tool, values in times.items():
        print(f"  {tool:<18} {statistics.median(values):8.2f} ms   ({min(values):.2f} to {max(values):.2f})")
    ratio = statistics.median(times["snapsh"]) / statistics.median(times["virsh"])
    verdict = "met" if ratio <= AIM else "MISSED"
    print(f"  {'snapsh / virsh':<30} {ratio:5.2f}   aim {AIM:.2f}  {verdict}")
    sys.stdout.flush()


def main():
    need("virsh")
    with tempfile.TemporaryDirectory(prefix="snapsh-startup-") as directory:
        snapsh = install(directory)
        for name, arguments in WORKLOADS:
            report(snapsh, name, arguments)


if __name__ == "__main__":
    main()
