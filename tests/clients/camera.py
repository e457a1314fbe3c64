#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Runs libcamera's cam with its virtual camera and buffers of a heap.

camera.py NAME

Fails unless the buffers are from the heap, and each frame has the camera's pattern:
bars that move to the left by one pixel with each frame.
"""

import glob
import os
import subprocess
import sys
import tempfile

WIDTH, HEIGHT, FRAMES = 320, 180, 8
CONFIGURATION = "/usr/share/libcamera/pipeline/virtual/virtual.yaml"
CAMERA = f"""%YAML 1.1
---
"Virtual0":
  supported_formats:
  - width: {WIDTH}
    height: {HEIGHT}
    frame_rates:
    - 30
    - 60
  test_pattern: "bars"
  location: "CameraLocationFront"
  model: "Virtual Video Device"
"""
# The bars from white to black, as in BT.601. Libraries round differently.
LUMA = (235, 210, 170, 145, 106, 81, 41, 16)
ROUNDING = 1


def make_camera():
    """Describes the camera. Without a description, libcamera has no virtual camera."""
    os.makedirs(os.path.dirname(CONFIGURATION), exist_ok=True)
    with open(CONFIGURATION, "w", encoding="ascii") as file:
        file.write(CAMERA)


def capture(directory):
    """Captures into files. Returns the output of cam."""
    cam = subprocess.run(
        [
            "cam",
            "--camera=Virtual0",
            f"--capture={FRAMES}",
            f"--stream=width={WIDTH},height={HEIGHT},pixelformat=NV12",
            f"--file={directory}/#.bin",
        ],
        env=os.environ
        | {"LIBCAMERA_LOG_LEVELS": "DmaBufAllocator:DEBUG", "LIBCAMERA_LOG_NO_COLOR": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=True,
    )
    print(cam.stdout)
    return cam.stdout


def is_pattern(frame, number):
    """Whether the bars are at the right place in each line."""
    luma, chroma = frame[: WIDTH * HEIGHT], frame[WIDTH * HEIGHT :]
    line = luma[:WIDTH]
    bar = WIDTH // len(LUMA)
    want = [LUMA[(x + number + 1) % WIDTH // bar] for x in range(WIDTH)]
    return (
        len(frame) == WIDTH * HEIGHT * 3 // 2
        and all(abs(got - level) <= ROUNDING for got, level in zip(line, want))
        and luma == line * HEIGHT
        and chroma == chroma[:WIDTH] * (HEIGHT // 2)
        and len(set(chroma)) > 1
    )


def main():
    make_camera()
    with tempfile.TemporaryDirectory() as directory:
        said = capture(directory)
        files = sorted(glob.glob(f"{directory}/*"))
        frames = [open(file, "rb").read() for file in files]
    wrong = [n for n, frame in enumerate(frames) if not is_pattern(frame, n)]
    print(f"{len(frames)} frames, not the pattern: {wrong}")
    return 0 if f"Using /dev/dma_heap/{sys.argv[1]}\n" in said and len(frames) == FRAMES and not wrong else 1


sys.exit(main())
