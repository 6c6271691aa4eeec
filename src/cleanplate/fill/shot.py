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
from cleanplate.fill.plan import plan_frame
from cleanplate.fill.settings import FillSettings
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

    Yields:
        One Filled for each wanted frame, in order.

    Raises:
        MaskError: a hole does not fit its frame, or there are fewer holes than frames.
    """
    settings = settings or FillSettings()
    with ThreadPoolExecutor(settings.workers, thread_name_prefix="fill") as pool:
        window = Window(max(settings.reach), pool.submit)
        planned: deque[Future | None] = deque()  # None for a frame that is only looked at
        asked = done = 0

        def plan(index: int) -> None:
            asked_for = wanted is None or index in wanted
            planned.append(pool.submit(_fill, window, index, settings) if asked_for else None)

        try:
            for index, (image, hole) in enumerate(_pairs(frames, holes)):
                window.add(prepare(index, image, hole, settings.work_area))
                while asked <= index and window.ready(asked):
                    plan(asked)
                    asked += 1
                while len(planned) > settings.workers:
                    if (future := planned.popleft()) is not None:
                        yield future.result()
                    window.forget(done := done + 1)
            window.end()
            while done < window.length:
                while asked < window.length and len(planned) <= settings.workers:
                    plan(asked)
                    asked += 1
                if (future := planned.popleft()) is not None:
                    yield future.result()
                window.forget(done := done + 1)
        finally:
            for future in planned:
                if future is not None:
                    future.cancel()


def context(settings: FillSettings) -> int:
    """How many frames either side decide what goes into a frame's hole.

    The fill of a frame is a function of these frames and their holes, and of nothing else: shots
    can be filled in pieces, each with so many frames around it, and the result is the same.
    """
    return max(settings.reach) + LOOKAHEAD


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


def _fill(window: Window, index: int, settings: FillSettings) -> Filled:
    plan = plan_frame(window, index, settings)
    if plan is None:
        image = window.frames[index].image
        return Filled(image, np.full(image.shape[:2], KEPT, np.int32), 0.0, 0.0)
    image, provenance = paint(plan, {i: f.image for i, f in list(window.frames.items())})
    made = float((provenance == SYNTHESISED).sum()) / max(1, int(plan.frame.hole.sum()))
    return Filled(image, provenance, 1.0 - made, made)
