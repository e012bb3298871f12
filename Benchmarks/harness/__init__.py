"""What the benchmarks share: the binary, the rounds, the tools they need, and where their files go."""

import os
import shutil
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SNAPSH = os.environ.get("SNAPSH", os.path.join(ROOT, ".build", "release", "snapsh"))
ROUNDS = int(os.environ.get("SNAPSH_BENCH_ROUNDS", "5"))


def fail(message):
    sys.exit(f"{os.path.basename(sys.argv[0])}: {message}")


def need(*tools):
    """Ends where snapsh has not been built, or one of these tools is missing."""
    if not os.access(SNAPSH, os.X_OK):
        fail(f"{SNAPSH} is not there: run make build")
    for tool in tools:
        if not shutil.which(tool):
            fail(f"{tool} is missing: run scripts/install-dependencies")


def directory(mebibytes):
    """Where files of so many mebibytes in all go: memory if they fit there, so that the disk's moods are not measured."""
    chosen = os.environ.get("SNAPSH_BENCH_DIR")
    if chosen:
        return chosen
    for place in ("/dev/shm", tempfile.gettempdir()):
        if os.path.isdir(place) and shutil.disk_usage(place).free > mebibytes << 20:
            return place
    fail(f"no room for {mebibytes >> 10} GiB in /dev/shm or {tempfile.gettempdir()}: set SNAPSH_BENCH_MIB")
