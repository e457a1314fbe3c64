# SPDX-License-Identifier: MIT
"""Allocates dma-bufs through the kernel's own interfaces."""

import fcntl
import mmap
import os
import struct

PAGE = mmap.PAGESIZE
DMA_HEAP_IOCTL_ALLOC = 0xC0184800
UDMABUF_CREATE = 0x40187542


def from_heap(name, size):
    """Allocates a buffer from a heap. Returns its descriptor."""
    heap = os.open(f"/dev/dma_heap/{name}", os.O_RDONLY | os.O_CLOEXEC)
    request = bytearray(struct.pack("=QIIQ", size, 0, os.O_RDWR | os.O_CLOEXEC, 0))
    fcntl.ioctl(heap, DMA_HEAP_IOCTL_ALLOC, request)
    os.close(heap)
    return struct.unpack("=QIIQ", request)[1]


def from_pages(size):
    """Makes a buffer of ordinary pages. Each page is below the one before, so the buffer
    is never contiguous. Returns its descriptor."""
    size = -(-size // PAGE) * PAGE
    memory = os.memfd_create("pages", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    os.ftruncate(memory, size)
    with mmap.mmap(memory, size) as pages:
        for offset in range(size - PAGE, -1, -PAGE):
            pages[offset] = 1
    fcntl.fcntl(memory, fcntl.F_ADD_SEALS, fcntl.F_SEAL_SHRINK)
    device = os.open("/dev/udmabuf", os.O_RDWR | os.O_CLOEXEC)
    request = bytearray(struct.pack("=IIQQ", memory, 1, 0, size))
    buffer = fcntl.ioctl(device, UDMABUF_CREATE, request)
    os.close(device)
    os.close(memory)
    return buffer
