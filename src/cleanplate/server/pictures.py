"""Pictures on their way to a browser: sizes, JPEG and PNG, and a memory of recent ones."""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

WIDTHS = (320, 640, 960, 1280, 1920, 2560, 3840)
"""Widths, in pixels, that JPEGs are made in: few, so that one serves many requests."""

QUALITY = 88
"""JPEG's, 0..100: what it does to a picture isn't seen beside the original."""


@dataclass(frozen=True)
class Picture:
    """An encoded picture or sound, and its ETag, a hash of it."""

    data: bytes

    @cached_property
    def tag(self) -> str:
        return f'"{hashlib.blake2b(self.data, digest_size=10).hexdigest()}"'


def width_for(needed: int | None, own: int) -> int:
    """The width to serve: the least of `WIDTHS` that is enough, or the clip's own."""
    if needed is not None:
        for width in WIDTHS:
            if needed <= width < own:
                return width
    return own


def jpeg(image: NDArray[np.uint8], quality: int = QUALITY) -> bytes:
    """RGB uint8 (h, w, 3) as a JPEG."""
    options = [cv2.IMWRITE_JPEG_QUALITY, quality]
    _, data = cv2.imencode(".jpg", cv2.cvtColor(image, cv2.COLOR_RGB2BGR), options)
    return data.tobytes()


def unjpeg(data: bytes) -> NDArray[np.uint8]:
    """A JPEG as RGB uint8 (h, w, 3)."""
    return cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR_RGB)


def png(image: NDArray[np.uint8]) -> bytes:
    """RGB or RGBA uint8 (h, w, 3 or 4), or one channel (h, w), as a PNG."""
    order = {3: cv2.COLOR_RGB2BGR, 4: cv2.COLOR_RGBA2BGRA}
    stored = image if image.ndim == 2 else cv2.cvtColor(image, order[image.shape[2]])
    _, data = cv2.imencode(".png", stored, [cv2.IMWRITE_PNG_COMPRESSION, 1])
    return data.tobytes()


class Recent:
    """Bytes by key, the least recently used forgotten first. For any number of threads."""

    def __init__(self, limit: int) -> None:
        """`limit`, in bytes, is what is kept at most."""
        self._limit = limit
        self._held = 0
        self._entries: OrderedDict[Hashable, bytes] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Hashable) -> bytes | None:
        with self._lock:
            if key in self._entries:
                self._entries.move_to_end(key)
                return self._entries[key]
            return None

    def put(self, key: Hashable, data: bytes) -> None:
        with self._lock:
            self._held += len(data) - len(self._entries.pop(key, b""))
            self._entries[key] = data
            while self._held > self._limit and len(self._entries) > 1:
                _, gone = self._entries.popitem(last=False)
                self._held -= len(gone)

    def __contains__(self, key: Hashable) -> bool:
        with self._lock:
            return key in self._entries
