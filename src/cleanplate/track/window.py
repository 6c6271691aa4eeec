"""Which part of a frame to look at: large enough to catch motion, small enough to see detail."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

_SHAPES = (1.0, 9 / 16, 16 / 9)  # height over width, the shapes that the encoder is cut for
_MARGIN = 0.4  # of the object's longer side, on every side: room to move in and to be told apart
_LEAST = 160  # pixels: below this a window shows the network nothing but blur
_KEPT = 1.7  # a window is kept while its area is at most this many times the best one's
_STEP = 1.15  # sizes differ by this factor, so that a window stays put while an object breathes


@dataclass(frozen=True)
class Window:
    """A rectangle of whole pixels of a frame: left, top, width and height."""

    x: int
    y: int
    width: int
    height: int

    @property
    def rows(self) -> slice:
        """The frame's rows inside."""
        return slice(self.y, self.y + self.height)

    @property
    def columns(self) -> slice:
        """The frame's columns inside."""
        return slice(self.x, self.x + self.width)

    def holds(self, box: tuple[float, float, float, float]) -> bool:
        """Whether `box` (x0, y0, x1, y1) lies inside."""
        return (
            box[0] >= self.x
            and box[1] >= self.y
            and box[2] <= self.x + self.width
            and box[3] <= self.y + self.height
        )


def whole(shape: tuple[int, int]) -> Window:
    """The window that is the frame of `shape` (height, width)."""
    return Window(0, 0, shape[1], shape[0])


def choose_window(
    box: tuple[int, int, int, int],
    shape: tuple[int, int],
    last: Window | None = None,
    long: float | None = None,
) -> Window:
    """The window for an object that fills `box` (x0, y0, x1, y1) of a frame of `shape` (h, w).

    `long` is the object's longer side where that is known better than from the box, as when the
    object is half hidden. The last window is kept while the object stays well inside and fills
    enough of it: features compare best when they were seen in the same way.
    """
    long = max(long or 0, box[2] - box[0], box[3] - box[1], 1)
    spare = _MARGIN / 2 * long
    near = (
        max(0, box[0] - spare),
        max(0, box[1] - spare),
        min(shape[1], box[2] + spare),
        min(shape[0], box[3] + spare),
    )
    fresh = _fit(box, shape, long)
    if last is not None and last.holds(near):
        ratio = last.width * last.height / (fresh.width * fresh.height)
        if 1 / _KEPT < ratio < _KEPT:
            return last
    return fresh


def _fit(box: tuple[int, int, int, int], shape: tuple[int, int], long: float) -> Window:
    """The window shape that shows the object largest, around the middle of its box."""
    grown = max(1.0, long / max(box[2] - box[0], box[3] - box[1], 1))
    need_wide = min((box[2] - box[0]) * grown**0.5 + 2 * _MARGIN * long, shape[1])
    need_tall = min((box[3] - box[1]) * grown**0.5 + 2 * _MARGIN * long, shape[0])
    best = None
    for ratio in _SHAPES:
        width = max(need_wide, need_tall / ratio, _LEAST)
        width = _LEAST * _STEP ** np.ceil(np.log(width / _LEAST) / np.log(_STEP) - 1e-6)
        size = (min(width, shape[1]), min(width * ratio, shape[0]))
        # Frame pixels for one network pixel, at equal network area.
        coarse = max(size[0], size[1] / ratio) * ratio**0.5
        if best is None or coarse < best[0]:
            best = (coarse, size)
    width, height = (round(size) for size in best[1])
    middle = ((box[0] + box[2]) / 2, (box[1] + box[3]) / 2)
    x = int(np.clip(round((middle[0] - width / 2) / 16) * 16, 0, shape[1] - width))
    y = int(np.clip(round((middle[1] - height / 2) / 16) * 16, 0, shape[0] - height))
    return Window(x, y, width, height)
