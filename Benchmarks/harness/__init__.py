"""What the benchmarks of NBD servers share: the binary, the rounds, the tools they need, and where their files go."""

import os
import shutil
import sys

SNAPSH = os.environ.get(
    "SNAPSH", os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../.build/release/snapsh"))
ROUNDS = int(os.environ.get("SNAPSH_BENCH_ROUNDS", "5"))


def need(tool):
    if not shutil.which(tool):
        sys.exit(f"{tool} is missing: run scripts/install-dependencies")


def directory(mebibytes):
    """Where the files of a disk of that size go: memory where four times as much fits, else the usual place."""
    given = os.environ.get("SNAPSH_BENCH_DIR")
    fits = shutil.disk_usage("/dev/shm").free > 4 * (mebibytes << 20)
    return given or ("/dev/shm" if fits else None)
