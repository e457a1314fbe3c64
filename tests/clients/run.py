#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Runs unmodified programs that use dma-bufs with CMM's buffers.

run.py SELFTEST [PART-OF-NAME...]

A program passes if it succeeds, if the zone counted new allocations, and if all memory
is free afterwards. The script prints the program's output.
"""

import glob
import os
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.realpath(__file__))
TIMEOUT = 900
# How long a driver may take to release buffers, in seconds.
SETTLE = 5

# Two displays that show lines from top to bottom (HDMI, not S-Video). One reads frames
# through vmap(), the other maps them as a DMA master does.
VIVID = "n_devs=2 node_types=0x101,0x101 allocators=0,1 num_outputs=1,1 output_types=1,1"
DISPLAYS = {"vmap": 0, "dma": 1}

# The zones with an alias in /dev/dma_heap that belongs only to them. "ext" has no alias,
# because it has no node in the device tree.
ALIASES = {"media": "linux,cma", "npu": "cmm-npu"}


def vivid(number):
    """Returns the video node of a display."""
    for path in glob.glob("/sys/class/video4linux/*/name"):
        with open(path, encoding="ascii") as file:
            if file.read().strip() == f"vivid-{number:03}-vid-out":
                return f"/dev/{path.split('/')[-2]}"
    raise SystemExit(f"vivid has no display {number}")


def script(name, *arguments):
    return [sys.executable, f"{HERE}/{name}.py", *arguments]


def clients(selftest):
    """Yields the name, the zone and the command of each, and whether it must fail."""
    for zone, alias in ALIASES.items():
        yield f"heap-selftest/{zone}", zone, script("heaps", alias, selftest), False
    yield "libcamera-cam", "media", script("camera", "linux,cma"), False
    for way, display in DISPLAYS.items():
        for zone, alias in ALIASES.items():
            command = script("gstreamer", f"heap:{alias}", vivid(display))
            yield f"gstreamer/{way}/{zone}", zone, command, False
        # The display with vmap() accepts scattered pages. The other one refuses them.
        command = script("gstreamer", "pages", vivid(display))
        yield f"gstreamer/{way}/pages", None, command, way == "dma"
    for zone in "media", "npu", "ext":
        yield f"libdrm/vgem/{zone}", zone, ["cmm-check", f"{zone}/drm/"], False
        yield f"libdrm/vkms/{zone}", zone, ["cmm-clients", f"{zone}/display/"], False
        yield f"chain/{zone}", zone, ["cmm-clients", f"{zone}/chain/"], False


def number(zone, attribute):
    with open(f"/sys/class/cmm/{zone}/{attribute}", encoding="ascii") as file:
        return int(file.read())


def in_use():
    """Returns the zones that still have memory in use after SETTLE seconds."""
    end = time.monotonic() + SETTLE
    while True:
        zones = [zone for zone in os.listdir("/sys/class/cmm") if number(zone, "used")]
        if not zones or time.monotonic() > end:
            return zones
        time.sleep(0.1)


def try_client(zone, command, fails):
    """Runs the command. Returns the error or None, and the output of the command."""
    before = number(zone, "stats/allocations") if zone else 0
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=TIMEOUT,
        )
    except subprocess.TimeoutExpired as late:
        return f"it did not end within {TIMEOUT} s", (late.stdout or b"").decode(errors="replace")
    if (done.returncode != 0) != fails:
        return f"it ended with status {done.returncode}", done.stdout
    if zone and number(zone, "stats/allocations") == before:
        return f"it allocated nothing from {zone}", done.stdout
    left = in_use()
    return (f"it left memory in use: {' '.join(left)}" if left else None), done.stdout


def main():
    selftest, *parts = sys.argv[1:]
    subprocess.run(["modprobe", "vivid", *VIVID.split()], check=True)
    subprocess.run(["modprobe", "vgem"], check=True)
    failed = 0
    wanted = [
        client for client in clients(selftest)
        if not parts or any(part in client[0] for part in parts)
    ]
    print(f"KTAP version 1\n1..{len(wanted)}")
    for index, (name, zone, command, fails) in enumerate(wanted, 1):
        wrong, said = try_client(zone, command, fails)
        print("".join(f"# {line}\n" for line in said.splitlines()), end="")
        if wrong:
            failed += 1
            print(f"not ok {index} clients/{name}\n# {wrong}")
        else:
            print(f"ok {index} clients/{name}")
        sys.stdout.flush()
    print(f"{len(wanted) - failed} passed, {failed} failed, 0 skipped")
    return 1 if failed else 0


sys.exit(main())
