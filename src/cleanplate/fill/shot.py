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
from cleanplate.fill.window import Window


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
) -> Iterator[Filled]:
    """Fill the holes of one shot from what its other frames show.

    Works in a stream: memory depends on the reach of the search, not on the length of the shot.

    Args:
        frames: (h, w, 3) uint8 or uint16 RGB, all of one size, without a cut between them.
        holes: bool (h, w), one for each frame, True where pixels are to be replaced. What the
            frames hold there is never looked at.
        settings: see FillSettings.

    Yields:
        One Filled for each frame, in order.

    Raises:
        MaskError: a hole does not fit its frame, or there are fewer holes than frames.
    """
    settings = settings or FillSettings()
    with ThreadPoolExecutor(settings.workers, thread_name_prefix="fill") as pool:
        window = Window(max(settings.reach), pool.submit)
        planned: deque[Future] = deque()
        asked = done = 0
        try:
            for index, (image, hole) in enumerate(_pairs(frames, holes)):
                window.add(prepare(index, image, hole, settings.work_area))
                while asked <= index and window.ready(asked):
                    planned.append(pool.submit(_fill, window, asked, settings))
                    asked += 1
                while len(planned) > settings.workers:
                    yield planned.popleft().result()
                    window.forget(done := done + 1)
            window.end()
            while done < window.length:
                while asked < window.length and len(planned) <= settings.workers:
                    planned.append(pool.submit(_fill, window, asked, settings))
                    asked += 1
                yield planned.popleft().result()
                window.forget(done := done + 1)
        finally:
            for future in planned:
                future.cancel()


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
