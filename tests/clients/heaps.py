#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Runs the kernel's selftest of dma-heaps on one heap.

heaps.py NAME PROGRAM

The program tests every heap in /dev/dma_heap, so the script makes a directory with only
this heap and mounts it there. Fails unless all tests pass.
"""

import os
import re
import subprocess
import sys

HEAPS, ALONE = "/dev/dma_heap", "/run/heap"


def main():
    name, program = sys.argv[1:]
    os.makedirs(ALONE, exist_ok=True)
    for other in os.listdir(ALONE):
        os.unlink(f"{ALONE}/{other}")
    node = os.stat(f"{HEAPS}/{name}")
    os.mknod(f"{ALONE}/{name}", node.st_mode, node.st_rdev)
    subprocess.run(["mount", "--bind", ALONE, HEAPS], check=True)
    try:
        test = subprocess.run([program], stdout=subprocess.PIPE, text=True)
    finally:
        subprocess.run(["umount", HEAPS], check=True)
    print(test.stdout)
    totals = re.search(r"# Totals: pass:(\d+) (.*)", test.stdout)
    fine = (
        test.returncode == 0
        and totals is not None
        and int(totals[1]) > 0
        and re.findall(r":(\d+)", totals[2]) == ["0"] * 5
    )
    return 0 if fine else 1


sys.exit(main())
