"""A clip's frames by number, a few held at a time, cheap to walk through either way."""

from __future__ import annotations

from collections import OrderedDict

import numpy as np

from cleanplate.media import ClipReader

_BLOCK = 12  # frames decoded at once when going backwards; also the most that are held


class WindowedFrames:
    """Frames of a reader, RGB uint8 (h, w, 3), numbered from the reader's first.

    Going backwards, a block of frames is decoded at once: each seek costs as much as the frames
    since the last key frame.
    """

    def __init__(self, reader: ClipReader) -> None:
        self._reader = reader
        self._range = reader.range
        self._held: OrderedDict[int, np.ndarray] = OrderedDict()
        self._last = -1

    def __len__(self) -> int:
        return len(self._range)

    def __getitem__(self, index: int) -> np.ndarray:
        if index not in self._held:
            first = max(0, index - _BLOCK + 1) if index < self._last else index
            for number in range(first, index + 1):
                self._hold(number)
        self._last = index
        return self._held[index]

    def _hold(self, index: int) -> None:
        image = self._reader.read_frame(self._range[index]).image
        self._held[index] = (image >> 8).astype(np.uint8) if image.dtype == np.uint16 else image
        self._held.move_to_end(index)
        while len(self._held) > _BLOCK:
            self._held.popitem(last=False)
