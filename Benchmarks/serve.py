#!/usr/bin/env python3
"""How fast nbdcopy reads a disk out of `vma serve`, divided by how fast out of qemu-nbd over the same disk as a raw file.

README.md tells the rest.
"""

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

from harness import ROUNDS, SNAPSH, directory, need

MEBIBYTES = int(os.environ.get("SNAPSH_BENCH_MIB", "4096")) // 4


def served(command, socket, work):
    """Starts a server, does `work`, ends the server."""
    if os.path.lexists(socket):
        os.unlink(socket)
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    while not os.path.exists(socket):
        if server.poll() is not None:
            sys.exit(f"{command[0]} ended with status {server.returncode}")
        time.sleep(0.01)
    try:
        return work()
    finally:
        server.terminate()
        server.wait()


def copies(uri, clients):
    """The seconds that so many copies take, all at once."""
    started = time.monotonic()
    running = [subprocess.Popen(["nbdcopy", uri, "null:"]) for _ in range(clients)]
    if any(client.wait() for client in running):
        sys.exit("nbdcopy failed")
    return time.monotonic() - started


def make(name, share):
    """A disk of which a share is data, in runs of half a MiB."""
    with open(f"{name}.raw", "wb") as disk:
        disk.truncate(MEBIBYTES << 20)
        for place in range(0, 2 * MEBIBYTES, max(1, round(1 / share))):
            disk.seek(place << 19)
            disk.write(os.urandom(1 << 19))
    subprocess.run([SNAPSH, "vma", "create", f"{name}.vma", "-d", f"format=raw:disk={name}.raw"], check=True)
    os.unlink(f"{name}.raw")
    # The raw file is the extracted one, as the comparison wants it.
    subprocess.run([SNAPSH, "vma", "extract", f"{name}.vma", f"{name}.out"], check=True, stdout=subprocess.DEVNULL)


def main():
    need("nbdcopy", "qemu-nbd")
    with tempfile.TemporaryDirectory(prefix="snapsh-bench-", dir=directory(4 * MEBIBYTES)) as work:
        os.chdir(work)
        socket = os.path.join(work, "s")
        uri = f"nbd+unix:///disk?socket={socket}"
        print(f"nbdcopy of a disk of {MEBIBYTES} MiB to nowhere, median of {ROUNDS} rounds")
        for name, share in [("random", 1), ("sparse", 0.1)]:
            make(name, share)
            servers = {
                "vma serve": [SNAPSH, "vma", "serve", f"{name}.vma", "--socket", socket],
                "qemu-nbd -r": [
                    "qemu-nbd", "-r", "-f", "raw", "-x", "disk", "-k", socket, "-e", "16", "-t",
                    f"{name}.out/disk-disk.raw",
                ],
            }
            # What is compared must be the same.
            copy = ["nbdcopy", uri, "copy.raw"]
            served(servers["vma serve"], socket, lambda: subprocess.run(copy, check=True))
            subprocess.run(["cmp", "copy.raw", f"{name}.out/disk-disk.raw"], check=True)
            os.unlink("copy.raw")
            for clients in [1, 10] if share == 1 else [1]:
                times = {server: [] for server in servers}
                order = list(servers.items())
                for _ in range(ROUNDS):
                    order.append(order.pop(0))
                    for server, command in order:
                        times[server].append(served(command, socket, lambda: copies(uri, clients)))
                ratios = [theirs / ours for ours, theirs in zip(times["vma serve"], times["qemu-nbd -r"])]
                for server, values in times.items():
                    speed = clients * MEBIBYTES / statistics.median(values)
                    print(f"  {name:7} {clients:2} clients  {server:12} {statistics.median(values):6.2f} s  {speed:6.0f} MiB/s")
                print(f"  {name:7} {clients:2} clients  throughput / qemu-nbd: {statistics.median(ratios):.2f}")
            shutil.rmtree(f"{name}.out")
            os.unlink(f"{name}.vma")


main()
