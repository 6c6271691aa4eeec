"""The heart of every run: frames with masks in, frames with their holes filled out, shot by shot."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import tee
from typing import Generic, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from cleanplate.engine.holes import Hole, PackedHole, compose
from cleanplate.engine.overlap import Stopwatch
from cleanplate.fill import Completer, Filled, FillSettings, Picture, fill_shot


class Pictured(Protocol):
    """Anything with an RGB picture, (h, w, 3) uint8 or uint16."""

    @property
    def picture(self) -> Picture: ...


F = TypeVar("F", bound=Pictured)


@dataclass(frozen=True)
class Task(Generic[F]):
    """A frame and the hole to fill on it."""

    frame: F
    hole: Hole


@dataclass(frozen=True)
class Plate(Generic[F]):
    """A finished frame.

    `image` is RGB like the frame's own, equal to it outside `hole`; `index` is the frame's place
    in its shot, which `filled.provenance` refers to; `hole_share` is the filled share of the
    picture, 0..1.
    """

    frame: F
    hole: Hole
    filled: Filled
    index: int

    @cached_property
    def image(self) -> NDArray:
        return compose(self.frame.picture, self.filled.image, self.hole)

    def compose(self) -> None:
        """Make the image now, in the thread that asks, where it is not the frame's own."""
        if self.hole.box is not None:
            _ = self.image

    @property
    def hole_share(self) -> float:
        return float(np.count_nonzero(self.hole.pixels)) / self.hole.pixels.size


def completer(network: str | None) -> Completer | None:
    """What makes up what no frame shows: an inpainting network that the user brings, by name or as
    an ONNX file, or Cleanplate's own synthesis for None. Raises `ModelError` for what is none.
    """
    if network is None:
        return None
    from cleanplate.fill.network import NetworkCompleter

    chosen = NetworkCompleter(network)
    chosen.load()
    return chosen


def make_plates(
    shots: Iterable[Iterable[Task[F]]], settings: FillSettings, watch: Stopwatch
) -> Iterator[Plate[F]]:
    """Fill every shot's holes, streaming; nothing crosses from one shot to the next."""
    for shot in shots:
        yield from _fill_one_shot(iter(shot), settings, watch)


def _fill_one_shot(
    tasks: Iterator[Task[F]], settings: FillSettings, watch: Stopwatch
) -> Iterator[Plate[F]]:
    waiting: deque[tuple[F, PackedHole]] = deque()

    def noted() -> Iterator[Task[F]]:
        while True:
            # The wait for the decoder, inside the filling that asks for frames, is not filling.
            with watch("waiting for frames"):
                task = next(tasks, None)
            if task is None:
                return
            waiting.append((task.frame, PackedHole(task.hole)))
            yield task

    for_images, for_holes = tee(noted())
    filled_frames = fill_shot(
        (task.frame.picture for task in for_images),
        (task.hole.pixels for task in for_holes),
        settings,
    )
    for index, filled in enumerate(watch.timed("fill", filled_frames)):
        frame, hole = waiting.popleft()
        plate = Plate(frame, hole.unpack(), filled, index)
        with watch("compose"):
            plate.compose()
        yield plate
