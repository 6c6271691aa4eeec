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
from cleanplate.server.pictures import Picture, jpeg, unjpeg

_AFFORDABLE = 400
"""Frames that may be decoded for one strip. Beyond, thumbnails are of key frames nearby."""

_PATIENCE = 10.0
"""Seconds that drafts are waited for, which are being made and cost nothing more then."""


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
        middles = [span.start + int((i + 0.5) * len(span) / count) for i in range(count)]
        width = max(1, round(height * clip.info.width / clip.info.height))
        pictures = self._from_drafts(clip, middles, len(span) // count // 4)
        if pictures is None:
            pictures = self._from_frames(clip, middles, min(clip.info.width, width * 2))
        shrunk = (
            cv2.resize(one, (width, height), interpolation=cv2.INTER_AREA) for one in pictures
        )
        return np.hstack(list(shrunk))

    def _from_drafts(
        self, clip: Clip, wanted: list[int], beside: int
    ) -> list[NDArray[np.uint8]] | None:
        """The drafts of the wanted frames, or of some that are no more than so many frames beside
        them; None where there are none, also when they have been waited for."""
        drafts = self._frames.drafts
        if beside == 0:
            return None
        drafts.want(clip)
        drafts.wait(clip, _PATIENCE, wanted, beside)
        found = [(frame, drafts.nearest(clip, frame)) for frame in wanted]
        if not all(draft and abs(draft.frame - frame) <= beside for frame, draft in found):
            return None
        return [unjpeg(draft.data) for _, draft in found]

    def _from_frames(self, clip: Clip, wanted: list[int], width: int) -> list[NDArray[np.uint8]]:
        pictures: dict[int, NDArray[np.uint8]] = {}
        with self._frames.readers.near(clip, wanted[0]) as reader:
            shown = self._nearby(reader, wanted)
            for frame in shown:
                if frame not in pictures:
                    pictures[frame] = small(reader.read_frame(frame), clip, width)
        return [pictures[frame] for frame in shown]

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
