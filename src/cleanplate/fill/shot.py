"""Fill the hole of every frame of one shot, in a stream."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from cleanplate.errors import MaskError
from cleanplate.fill.compose import KEPT, SYNTHESISED, paint
from cleanplate.fill.frame import prepare
from cleanplate.fill.memory import Memory
from cleanplate.fill.plan import Plan, plan_frame
from cleanplate.fill.settings import FillSettings
from cleanplate.fill.settle import settle
from cleanplate.fill.unseen import SPACING
from cleanplate.fill.window import LOOKAHEAD, Window


@dataclass(frozen=True)
class Filled:
    """One frame with its hole filled.

    Attributes:
        image: (h, w, 3), the dtype of the input; untouched outside the hole.
        provenance: int32 (h, w): index, within the shot, of the frame that each filled pixel was
            taken from; KEPT outside the hole; SYNTHESISED where no frame shows it.
        recovered: share of the hole, 0..1, taken from other frames; 0 without a hole.
        synthesised: share of the hole, 0..1, made up; 0 without a hole.
    """

    image: np.ndarray
    provenance: np.ndarray
    recovered: float
    synthesised: float


def fill_shot(
    frames: Iterable[np.ndarray],
    holes: Iterable[np.ndarray],
    settings: FillSettings | None = None,
    wanted: range | None = None,
    first: int = 0,
    memory: Memory | None = None,
) -> Iterator[Filled]:
    """Fill the holes of one shot from what its other frames show.

    Works in a stream: memory depends on the reach of the search, not on the length of the shot.

    Args:
        frames: (h, w, 3) uint8 or uint16 RGB, all of one size, without a cut between them.
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
        window = Window(_furthest(settings) + settings.span, pool.submit, memory)
        filler = _Filler(window, settings, pool, first)
        planned: deque[Future | None] = deque()  # None for a frame that is only looked at
        asked = done = first

        def plan(index: int) -> None:
            asked_for = wanted is None or index - first in wanted
            planned.append(filler.start(index) if asked_for else None)

        try:
            for index, (image, hole) in enumerate(_pairs(frames, holes), first):
                window.add(ready(index, image, hole, settings.work_area))
                while asked <= index and window.ready(asked):
                    plan(asked)
                    asked += 1
                while len(planned) > settings.workers:
                    if (future := planned.popleft()) is not None:
                        yield future.result()
                    filler.forget(done := done + 1)
            window.end()
            while done < window.length:
                while asked < window.length and len(planned) <= settings.workers:
                    plan(asked)
                    asked += 1
                if (future := planned.popleft()) is not None:
                    yield future.result()
                filler.forget(done := done + 1)
        finally:
            for future in planned:
                if future is not None:
                    future.cancel()


def _furthest(settings: FillSettings) -> int:
    """Frames that a plan looks at, either way: a plan that met later ones would wait for steps
    that are queued behind it, for ever."""
    return max(*settings.reach, SPACING)


def context(settings: FillSettings) -> int:
    """How many frames either side decide what goes into a frame's hole.

    The fill of a frame is a function of these frames and their holes, and of nothing else: shots
    can be filled in pieces, each with so many frames around it, and the result is the same.
    """
    return _furthest(settings) + settings.span + LOOKAHEAD


def _pairs(
    frames: Iterable[np.ndarray], holes: Iterable[np.ndarray]
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
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
    """Plans frames, and paints each once its neighbours are planned."""

    def __init__(
        self, window: Window, settings: FillSettings, pool: ThreadPoolExecutor, first: int
    ) -> None:
        self._window = window
        self._settings = settings
        self._pool = pool
        self._first = first
        self._plans: dict[int, Future] = {}

    def start(self, index: int) -> Future:
        """Begin to fill frame `index`; the future gives its Filled."""
        span = self._settings.span
        around = [i for i in range(index - span, index + span + 1) if i in self._window.frames]
        for i in around:
            if i not in self._plans:
                self._plans[i] = self._pool.submit(self._plan, i)
        # Plans were handed in before, so a thread that waits for one waits for a running one.
        return self._pool.submit(self._fill, index, {i: self._plans[i] for i in around})

    def _plan(self, index: int) -> Plan | None:
        return self._window.remembered(
            "plan", index, lambda: plan_frame(self._window, index, self._settings)
        )

    def forget(self, index: int) -> None:
        """Let go of what no frame from `index` on looks at."""
        for i in [i for i in self._plans if i < index - self._settings.span]:
            del self._plans[i]
        self._window.forget(index)

    def _fill(self, index: int, plans: dict[int, Future]) -> Filled:
        done = {i: future.result() for i, future in plans.items()}
        chains = self._window.chains(min(done), max(done))
        plan = done.pop(index)
        if plan is None:
            image = self._window.frames[index].image
            return Filled(image, np.full(image.shape[:2], KEPT, np.int32), 0.0, 0.0)
        beside = {i: other for i, other in done.items() if other is not None}
        settled = settle(plan, beside, chains)
        images = {int(i): self._window.frames[int(i)].image for i in np.unique(plan.source)}
        image, provenance = paint(plan, settled, images)
        provenance[provenance >= 0] -= self._first
        made = float((provenance == SYNTHESISED).sum()) / max(1, int(plan.frame.hole.sum()))
        return Filled(image, provenance, 1.0 - made, made)
