"""What was worked out of frames, kept for other fills of the same frames.

A preview fills one frame, then the one beside it, then the first again: nearly everything that a
fill looks at has been looked at before. All that is kept here is a function of frames and holes
alone, so what is remembered is what would be worked out again.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

import numpy as np

from cleanplate.fill.filled import Picture
from cleanplate.fill.frame import WorkFrame, prepare
from cleanplate.fill.settings import KEY_REACH, SETTLE

#: Frames on either side that decide what explains a frame.
_AROUND = SETTLE + 4
#: Plans that are kept: those of the frames around the last one, some megabytes each.
_PLANS = 6


class Memory:
    """Remembers at most `limit` frames of one clip, those used last, for one set of settings.

    Frames are known by their number in the clip and by being the very same arrays; where a number
    comes with another picture or hole, all that it took part in is forgotten.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._frames: OrderedDict[int, WorkFrame] = OrderedDict()
        self._steps: dict[int, Future] = {}
        self._values: dict[str, OrderedDict[int, Any]] = {
            kind: OrderedDict() for kind in ("errors", "hidden", "completed", "plan")
        }
        self._lock = threading.RLock()

    def frame(self, index: int, image: Picture, hole: np.ndarray, area: int) -> WorkFrame:
        """`prepare`, remembered."""
        with self._lock:
            known = self._frames.get(index)
            if known is not None and known.image is image and known.packed_hole.is_of(hole):
                self._frames.move_to_end(index)
                return known
            if known is not None:
                self._forget(index)
        rgb = known.rgb if known is not None and known.image is image else None
        made = prepare(index, image, hole, area, rgb)
        with self._lock:
            self._frames[index] = made
            while len(self._frames) > self._limit:
                self._drop(next(iter(self._frames)))
        return made

    def step(self, index: int, measure: Callable[[], Future]) -> Future:
        """The motion from frame `index` to the next."""
        with self._lock:
            known = self._steps.get(index)
            if known is None or known.cancelled():
                known = self._steps[index] = measure()
            return known

    def value(self, kind: str, index: int, work: Callable[[], Any]) -> Any:
        """What explains a frame ("errors"), what it does not show ("hidden"), its completion as a key
        frame ("completed"), or its "plan"."""
        table = self._values[kind]
        with self._lock:
            if index in table:
                table.move_to_end(index)
                return table[index]
        made = work()
        with self._lock:
            table[index] = made
            while len(table) > (_PLANS if kind == "plan" else self._limit):
                table.popitem(last=False)
        return made

    def _forget(self, index: int) -> None:
        """Forget a frame that is no longer what it was, and all that it decided."""
        self._drop(index)
        self._values["plan"].clear()
        for other in range(index - _AROUND, index + _AROUND + 1):
            self._values["errors"].pop(other, None)
            self._values["hidden"].pop(other, None)
        for other in range(index - KEY_REACH - _AROUND, index + KEY_REACH + _AROUND + 1):
            self._values["completed"].pop(other, None)

    def _drop(self, index: int) -> None:
        self._frames.pop(index, None)
        self._values["completed"].pop(index, None)
        for step in (index - 1, index):
            self._steps.pop(step, None)
