"""Thumbnails of a stretch of a clip, side by side, for the timeline."""

from __future__ import annotations

from bisect import bisect_right

import cv2
import numpy as np
from numpy.typing import NDArray

from cleanplate.engine.store import Store, code_version, key_of
from cleanplate.media import ClipReader
from cleanplate.server.frames import Frames, small
from cleanplate.server.opened import Clip, OpenProject
from cleanplate.server.pictures import Picture, jpeg

_AFFORDABLE = 400
"""Frames that may be decoded for one strip. Beyond, thumbnails are of key frames nearby."""

_TALLEST = 256


class Strips:
    """Strips of thumbnails."""

    def __init__(self, frames: Frames, store: Store) -> None:
        self._frames = frames
        self._store = store

    def picture(
        self, project: OpenProject, first: int, end: int | None, count: int, height: int
    ) -> Picture:
        """`count` thumbnails of the frames `first` to `end`, `height` pixels high, as one JPEG."""
        span, clip = project.check_span(first, end), project.clip()
        key = key_of(
            "strip", code_version("media", "server/strips.py"), clip.fingerprint,
            span.start, span.stop, count, height,
        )  # fmt: skip
        data = self._store.get(key)
        if data is None:
            data = jpeg(self._drawn(clip, span, count, height), 80)
            self._store.put(key, data)
        return Picture(data)

    def _drawn(self, clip: Clip, span: range, count: int, height: int) -> NDArray[np.uint8]:
        info = clip.info
        width = max(1, round(height * info.width / info.height))
        middles = [span.start + int((i + 0.5) * len(span) / count) for i in range(count)]
        strip = np.zeros((height, width * count, 3), np.uint8)
        with self._frames.readers.near(clip, span.start) as reader:
            last: tuple[int, NDArray[np.uint8]] | None = None
            for place, frame in enumerate(self._nearby(reader, middles)):
                if last is None or last[0] != frame:
                    picture = small(reader.read_frame(frame), clip, min(info.width, width * 2))
                    shrunk = cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA)
                    last = (frame, shrunk)
                strip[:, place * width : (place + 1) * width] = last[1]
        return strip

    def _nearby(self, reader: ClipReader, wanted: list[int]) -> list[int]:
        """The frames to show: those that are wanted, or key frames where that takes too long."""
        starts = reader.starts()
        nearest = [starts[bisect_right(starts, frame) - 1] for frame in wanted]
        cost, at = 0, -1
        for frame, key in zip(wanted, nearest, strict=True):
            cost += frame - max(key, min(at, frame))
            at = frame
        affordable = cost <= _AFFORDABLE or len(starts) < len(wanted) / 2
        return wanted if affordable else nearest
