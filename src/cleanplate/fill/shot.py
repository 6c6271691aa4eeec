"""Fill the hole of every frame of one shot, in a stream."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np

from cleanplate.errors import MaskError
from cleanplate.fill.compose import paint
from cleanplate.fill.filled import SYNTHESISED, Filled, Picture
from cleanplate.fill.finish import PaintedFrame, finish, painted_frame
from cleanplate.fill.frame import prepare
from cleanplate.fill.memory import Memory
from cleanplate.fill.plan import Plan
from cleanplate.fill.planning import plan_frame
from cleanplate.fill.settings import FillSettings
from cleanplate.fill.settle import agree, settle, ways
from cleanplate.fill.window import Window


def fill_shot(
    frames: Iterable[Picture],
    holes: Iterable[np.ndarray],
    settings: FillSettings | None = None,
    wanted: range | None = None,
    first: int = 0,
    memory: Memory | None = None,
) -> Iterator[Filled]:
    """Fill the holes of one shot from what its other frames show.

    Works in a stream: memory depends on the reach of the search, not on the length of the shot.

    Args:
        frames: (h, w, 3) uint8 or uint16 RGB, all of one size, without a cut between them: arrays,
            or pictures that make the parts which are asked for.
        holes: bool (h, w), one for each frame, True where pixels are to be replaced. What the
            frames hold there is never looked at.
        settings: see FillSettings.
        wanted: the frames to fill, by their place among `frames`, all of them if None. The others
            are only looked at.
        first: the place in the shot of the first of `frames`, where they are a piece of one; so
            that a piece looks where the whole would have looked.
        memory: what is worked out of the frames is kept here, and taken from here where it is
            known. For pieces of one clip, `first` counted the same way in all of them.

    Yields:
        One Filled for each wanted frame, in order; provenance counts from the first of `frames`.

    Raises:
        MaskError: a hole does not fit its frame, or there are fewer holes than frames.
    """
    settings = settings or FillSettings()
    ready = prepare if memory is None else memory.frame
    with ThreadPoolExecutor(settings.workers, thread_name_prefix="fill") as pool:
        window = Window(settings, pool.submit, memory)
        filler = _Filler(window, settings, pool, first)
        asked = first
        try:
            for index, (image, hole) in enumerate(_pairs(frames, holes), first):
                window.add(ready(index, image, hole, settings.work_area))
                while asked <= index and window.ready(asked):
                    filler.ask(asked, wanted is None or asked - first in wanted)
                    asked += 1
                    yield from filler.done()
            window.end()
            while asked < window.length:
                filler.ask(asked, wanted is None or asked - first in wanted)
                asked += 1
                yield from filler.done()
            yield from filler.done(to_the_end=True)
        finally:
            filler.cancel()


def _pairs(
    frames: Iterable[Picture], holes: Iterable[np.ndarray]
) -> Iterator[tuple[Picture, np.ndarray]]:
    holes = iter(holes)
    for index, image in enumerate(frames):
        hole = next(holes, None)
        if hole is None:
            raise MaskError(f"there is no mask for frame {index}: give one for every frame")
        if hole.shape != image.shape[:2]:
            raise MaskError(
                f"the mask of frame {index} is {hole.shape[1]}x{hole.shape[0]} and the frame "
                f"{image.shape[1]}x{image.shape[0]}: scale the masks to the clip"
            )
        yield image, hole


class _Filler:
    """Plans frames, paints each once its neighbours are planned, and finishes it once they are painted.

    A frame waits in three queues: while the plans around it are made, while it and its neighbours are
    painted, and while it is finished. Only the caller waits for any, so no thread of the pool stands idle
    while there is work.
    """

    def __init__(
        self, window: Window, settings: FillSettings, pool: ThreadPoolExecutor, first: int
    ) -> None:
        self._window = window
        self._settings = settings
        self._pool = pool
        self._first = first
        self._plans: dict[int, Future] = {}
        self._paintings: dict[int, Future] = {}
        self._planned: deque[tuple[int, bool]] = deque()
        self._painted: deque[tuple[int, bool]] = deque()
        self._finished: deque[tuple[int, Future | None]] = deque()  # None: only looked at

    def ask(self, index: int, wanted: bool) -> None:
        """Begin to fill frame `index`, or only pass it by."""
        if wanted:
            for i in self._unpainted(index):
                for beside in self._around(i, self._settings.span):
                    if beside not in self._plans:
                        self._plans[beside] = self._pool.submit(self._plan, beside)
        self._planned.append((index, wanted))

    def done(self, to_the_end: bool = False) -> Iterator[Filled]:
        """What is filled, in order; all that was asked for, or as much as need not be waited for.

        Plans of as many frames as there are threads stay under way, and one painting and one finishing
        behind them.
        """
        while len(self._planned) > (0 if to_the_end else self._settings.workers):
            self._paint(*self._planned.popleft())
            while len(self._painted) > 1:
                yield from self._finish_next()
        while to_the_end and self._painted:
            yield from self._finish_next()
        while to_the_end and self._finished:
            yield from self._next()

    def _finish_next(self) -> Iterator[Filled]:
        self._finish(*self._painted.popleft())
        while len(self._finished) > 1:
            yield from self._next()

    def _next(self) -> Iterator[Filled]:
        index, future = self._finished.popleft()
        if future is not None:
            yield future.result()
        self._forget(index, wanted=future is not None)

    def cancel(self) -> None:
        """Drop what has not begun."""
        finished = (future for _, future in self._finished)
        for future in (*self._plans.values(), *self._paintings.values(), *finished):
            if future is not None:
                future.cancel()

    def _around(self, index: int, span: int) -> list[int]:
        return [i for i in range(index - span, index + span + 1) if i in self._window.frames]

    def _unpainted(self, index: int) -> list[int]:
        """The frames that frame `index` is averaged with, and itself, that are not being painted yet."""
        around = self._around(index, self._settings.finish_span)
        return [i for i in around if i not in self._paintings]

    def _planned_around(self, index: int, span: int) -> dict[int, Plan]:
        """The plans of the frames around one that have a hole."""
        plans = {i: self._plans[i].result() for i in self._around(index, span)}
        return {i: plan for i, plan in plans.items() if plan is not None}

    def _paint(self, index: int, wanted: bool) -> None:
        if wanted:
            for i in self._unpainted(index):
                plans = self._planned_around(i, self._settings.span)
                self._paintings[i] = self._pool.submit(self._painted_frame, i, plans)
        self._painted.append((index, wanted))

    def _finish(self, index: int, wanted: bool) -> None:
        future = None
        if wanted:
            around = self._around(index, self._settings.finish_span)
            paintings = {i: self._paintings[i].result() for i in around}
            future = self._pool.submit(self._fill, index, paintings)
        self._finished.append((index, future))

    def _plan(self, index: int) -> Plan | None:
        return self._window.remembered(
            "plan", index, lambda: plan_frame(self._window, index, self._settings)
        )

    def _forget(self, index: int, wanted: bool) -> None:
        """Let go of what only frames up to `index` look at."""
        beside, span = self._settings.finish_span, self._settings.span
        # Those beside a finished frame are painted already.
        unpainted = index + 1 + (beside if wanted else -beside)
        for table, first in (
            (self._plans, unpainted - span),
            (self._paintings, index + 1 - beside),
        ):
            for i in [i for i in table if i < first]:
                del table[i]
        self._window.forget(unpainted + beside)

    def _painted_frame(self, index: int, plans: dict[int, Plan]) -> PaintedFrame | None:
        """Paint the hole of frame `index`; None where it has none."""
        plan = plans.get(index)
        if plan is None:
            return None
        chains = self._window.chains(min(plans), max(plans))
        beside = {i: other for i, other in plans.items() if i != index}
        lies = ways(plan, beside, chains)
        blend, settled = agree(plan, beside, lies), settle(plan, beside, lies)
        painted = paint(plan, blend, settled, self._window.frames)
        near = {i: way for i, way in lies.items() if abs(i - index) <= self._settings.finish_span}
        return painted_frame(plan, painted, near)

    def _fill(self, index: int, paintings: dict[int, PaintedFrame | None]) -> Filled:
        frame, own = self._window.frames[index], paintings[index]
        if own is None:
            nothing = np.zeros((0, 3), frame.image.dtype)
            return Filled(frame.image, frame.packed_hole, nothing, np.zeros(0, np.int32), 0.0, 0.0)
        beside = {i: p for i, p in paintings.items() if p is not None and i != index}
        values = finish(own, beside)
        origin = own.painted.origin.copy()
        origin[origin >= 0] -= self._first
        made = float((origin == SYNTHESISED).mean())
        return Filled(frame.image, frame.packed_hole, values, origin, 1.0 - made, made)
