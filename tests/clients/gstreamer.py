#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""GStreamer passes dma-bufs to a V4L2 driver, which shows them.

gstreamer.py heap:NAME|pages VIDEO-NODE

The frames are in buffers of a heap or of ordinary pages. v4l2sink makes the driver
import them. The script prints the devices that are attached to them. Fails if the
pipeline ends with an error.
"""

import subprocess
import sys

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstAllocators", "1.0")
from gi.repository import Gst, GstAllocators  # noqa: E402

import dmabuf  # noqa: E402

WIDTH, HEIGHT = 320, 180
SIZE = WIDTH * HEIGHT * 3 // 2
FRAMES = 20
BUFFERS = 4
TIMEOUT = 120 * Gst.SECOND
PIPELINE = "appsrc name=source format=time ! v4l2sink name=sink device={} io-mode=dmabuf-import sync=false"


def make(node):
    """Makes the pipeline, with caps that its sink accepts."""
    pipeline = Gst.parse_launch(PIPELINE.format(node))
    sink = pipeline.get_by_name("sink")
    sink.set_state(Gst.State.READY)
    wanted = Gst.Caps.from_string(
        f"video/x-raw,format=NV12,width={WIDTH},height={HEIGHT},framerate=30/1"
    )
    caps = sink.get_static_pad("sink").query_caps(None).intersect(wanted).fixate()
    pipeline.get_by_name("source").set_property("caps", caps)
    return pipeline


def frames_of(descriptors):
    """Yields frames that use the buffers in turn."""
    allocator = GstAllocators.DmaBufAllocator.new()
    memories = [
        GstAllocators.DmaBufAllocator.alloc(allocator, fd, SIZE) for fd in descriptors
    ]
    for i in range(FRAMES):
        frame = Gst.Buffer.new()
        frame.append_memory(memories[i % BUFFERS])
        yield frame


def send(source, frames):
    """Sends the frames, and then the end of the stream."""
    for i, frame in enumerate(frames):
        frame.pts = i * Gst.SECOND // 30
        frame.duration = Gst.SECOND // 30
        source.emit("push-buffer", frame)
    source.emit("end-of-stream")


def wait(pipeline):
    """Waits for the pipeline's end. Returns None, or the error."""
    message = pipeline.get_bus().timed_pop_filtered(
        TIMEOUT, Gst.MessageType.EOS | Gst.MessageType.ERROR
    )
    if message is None:
        return "it did not end"
    if message.type == Gst.MessageType.EOS:
        return None
    error, debug = message.parse_error()
    return f"{error.message}\n{debug}"


def main():
    kind, node = sys.argv[1:]
    Gst.init(None)
    pipeline = make(node)
    if kind == "pages":
        descriptors = [dmabuf.from_pages(SIZE) for _ in range(BUFFERS)]
    else:
        heap = kind.removeprefix("heap:")
        descriptors = [dmabuf.from_heap(heap, SIZE) for _ in range(BUFFERS)]
    pipeline.set_state(Gst.State.PLAYING)
    send(pipeline.get_by_name("source"), frames_of(descriptors))
    wrong = wait(pipeline)
    subprocess.run(["cmmctl", "list"], check=True)
    pipeline.set_state(Gst.State.NULL)
    print(wrong or f"{FRAMES} frames were shown")
    return 1 if wrong else 0


sys.exit(main())
