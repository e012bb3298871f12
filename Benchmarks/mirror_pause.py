#!/usr/bin/env python3
"""Measures the pause of a mirrored snapshot beside that of libvirt's own, in turns on one guest. See README.md."""

import statistics

from guest_pause import gap, run, ticking_guest
from harness import ROUNDS


def main():
    gaps = {"at rest": [], "libvirt's snapshot": [], "mirrored snapshot": []}
    with ticking_guest() as (root, watch, libvirt, ours):
        for number in range(ROUNDS):
            gaps["at rest"].append(gap(watch, ("sleep", "1"))[0])
            plain, mirrored = f"plain{number}", f"mirrored{number}"
            gaps["libvirt's snapshot"].append(
                gap(watch, (*libvirt, "snapshot-create-as", "guest", plain, "--disk-only"))[0])
            mirrors = [word for disk in ("vda", "vdb")
                       for word in ("--diskspec", f"{disk},mirror={root}/{disk}.copy{number}")]
            gaps["mirrored snapshot"].append(
                gap(watch, (*ours, "snapshot-create-as", "guest", mirrored, *mirrors))[0])
            # Each round begins on the same images.
            run(*ours, "snapshot-delete", "guest", mirrored, "--abort-mirror", "--commit", "--delete-storage")
            run(*ours, "snapshot-delete", "guest", plain)
        plain = statistics.median(gaps["libvirt's snapshot"])
        print(f"longest gap between two ticks, two disks, {ROUNDS} rounds in turns")
        for name, times in gaps.items():
            each = " ".join(f"{time * 1000:.0f}" for time in times)
            median = statistics.median(times)
            print(f"{name:20} median {median * 1000:5.0f} ms, {median / plain:4.2f} of libvirt's   ({each})")


if __name__ == "__main__":
    main()
