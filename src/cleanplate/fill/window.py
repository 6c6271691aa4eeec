"""The frames around the one being filled, with their motion layers; the only thing that grows.

Frames come in one by one and leave when no later frame can look back at them, so memory depends
on the reach of the search and never on the length of the shot.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

import numpy as np

from cleanplate.fill.frame import GUARD, WorkFrame
from cleanplate.fill.fringe import BESIDE, USUAL, fringe
from cleanplate.fill.geometry import grown
from cleanplate.fill.memory import Memory
from cleanplate.fill.motion import (
    PACKED,
    UNEXPLAINED,
    Chain,
    Step,
    explain,
    measure_step,
    settle_other,
)
from cleanplate.fill.settings import SETTLE, FillSettings, deciding
from cleanplate.fill.unseen import Completed


def _once(table: dict[int, Future], index: int, work: Callable[[], object]):
    """The result of `work`, done by the first thread that asks while the others wait."""
    mine: Future = Future()
    future = table.setdefault(index, mine)
    if future is mine:
        try:
            mine.set_result(work())
        except BaseException as error:
            mine.set_exception(error)
            raise
    return future.result()


class Window:
    """A sliding window over one shot."""

    def __init__(
        self, settings: FillSettings, submit: Callable[..., Future], memory: Memory | None = None
    ) -> None:
        self._settings = settings
        self._submit = submit
        self._memory = memory
        self.frames: dict[int, WorkFrame] = {}
        self._steps: dict[int, Future] = {}
        self._errors: dict[int, Future] = {}
        self._hidden: dict[int, Future] = {}
        self._completed: dict[int, Future] = {}
        self.length: int | None = None
        self._count = 0

    def add(self, frame: WorkFrame) -> None:
        """Take in the next frame and start measuring how it moved."""
        self.frames[frame.index] = frame
        before = self.frames.get(frame.index - 1)
        if before is not None:
            self._steps[before.index] = self._measure(before, frame)
        self._count = frame.index + 1

    def _measure(self, before: WorkFrame, frame: WorkFrame) -> Future:
        def measure() -> Future:
            return self._submit(measure_step, before, frame)

        return measure() if self._memory is None else self._memory.step(before.index, measure)

    def remembered(self, kind: str, index: int, work: Callable[[], Any]) -> Any:
        """The result of `work`, or what an earlier fill of the same frames made of it."""
        return work() if self._memory is None else self._memory.value(kind, index, work)

    def end(self) -> None:
        """Say that the shot has no more frames."""
        self.length = self._count

    def ready(self, index: int) -> bool:
        """Whether everything that frame `index` looks at has come in."""
        return self.length is not None or self._count >= self._deciding(index).stop

    def forget(self, index: int) -> None:
        """Let go of what no frame after `index` looks at."""
        oldest = self._deciding(index).start
        for table in (self.frames, self._steps, self._errors, self._hidden, self._completed):
            for key in [k for k in table if k < oldest]:
                del table[key]

    def _deciding(self, index: int) -> range:
        return deciding(range(index, index + 1), self._settings)

    def _step(self, index: int) -> Step | None:
        future = self._steps.get(index)
        return None if future is None else future.result()

    def second_layer(self, index: int) -> np.ndarray | None:
        """The second layer's motion from frame `index` to the next, or None."""
        around = [self._step(i) for i in range(index - SETTLE, index + SETTLE + 1)]
        return settle_other(around, SETTLE)

    def _camera(self, first: int, last: int) -> Chain:
        return Chain(first, [self._step(i).camera for i in range(first, last)])

    def chains(self, first: int, last: int) -> list[Chain]:
        """One chain per layer over the frames `first` to `last`."""
        chains = [self._camera(first, last)]
        camera = [self._step(i).camera for i in range(first, last)]
        other = [self.second_layer(i) for i in range(first, last)]
        if any(o is not None for o in other):
            chains.append(
                Chain(first, [c if o is None else o for c, o in zip(camera, other, strict=True)])
            )
        return chains

    def errors(self, index: int) -> np.ndarray:
        """How badly each of the two layers explains what frame `index` shows.

        uint8 (h, w, 2), at half the working resolution, in steps of 1 / PACKED grey levels.
        """
        return _once(
            self._errors,
            index,
            lambda: self.remembered("errors", index, lambda: self._explain(index)),
        )

    def hidden(self, index: int) -> np.ndarray:
        """Where frame `index` does not show the background: its hole, and the fringe around it that still
        shows what is in it.

        bool (wh, ww), at the working resolution.
        """
        return _once(
            self._hidden,
            index,
            lambda: self.remembered("hidden", index, lambda: self._hide(index)),
        )

    def _hide(self, index: int) -> np.ndarray:
        frame = self.frames[index]
        if frame.box is None:
            return frame.work_hole
        width = self._fringe(frame) if self._settings.measures_fringe else USUAL
        # The window holds some hundred frames: nothing new for most of them.
        known = {0: frame.work_hole, GUARD: frame.near_hole}
        return known[width] if width in known else grown(frame.work_hole, width)

    def _fringe(self, frame: WorkFrame) -> int:
        index = frame.index
        beside = [index + step for step in BESIDE if index + step in self.frames]
        camera = self._camera(min(index, *beside), max(index, *beside)) if beside else None
        return fringe(frame, [(self.frames[i], camera.between(index, i)) for i in beside])

    def completed(self, index: int, work: Callable[[], Completed | None]) -> Completed | None:
        """Key frame `index` with its hole made up by `work`, once."""
        return _once(self._completed, index, lambda: self.remembered("completed", index, work))

    def _explain(self, index: int) -> np.ndarray:
        frame = self.frames[index]
        around = [i for i in range(index - 2, index + 3) if i in self.frames]
        first, last = around[0], around[-1]
        chains = self.chains(first, last)
        maps = []
        for chain in chains:
            beside = [
                (i - index, self.frames[i], chain.between(index, i)) for i in around if i != index
            ]
            maps.append(explain(frame, beside))
        if len(maps) == 1:
            maps.append(np.full_like(maps[0], UNEXPLAINED))
        return (np.dstack(maps) * PACKED + 0.5).astype(np.uint8)
