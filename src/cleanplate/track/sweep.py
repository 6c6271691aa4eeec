"""One pass over a clip, forwards or backwards, through marks and cuts."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np

from cleanplate.track.appearance import Appearance, Views
from cleanplate.track.follow import Follower, Found
from cleanplate.track.motion import carry, is_cut, reduced_grey
from cleanplate.track.network import Network

Frames = Callable[[int], np.ndarray]  # a frame's number: RGB uint8 (h, w, 3)
Marks = Mapping[int, Mapping[int, np.ndarray]]  # frame, then object: bool (h, w)
Finding = tuple[int, dict[int, Found]]

_CARRIED = 0.9  # of its neighbours' score: what a frame is worth that was not looked at


@dataclass(frozen=True)
class _Stop:
    """A frame that is looked at; `skipped` are those since the last one, in grey."""

    index: int
    image: np.ndarray = field(repr=False)
    skipped: dict[int, np.ndarray] = field(repr=False)


class Sweep:
    """Follows objects through the frames of `order`, each from the first of its marks on.

    A mark on a later frame sets its object right there. `cuts` are the first frames of shots;
    None looks for cuts. `every` looks at one frame in so many; motion fills in the others.
    """

    def __init__(
        self,
        network: Network,
        views: Views,
        looks: Mapping[int, Appearance],
        marks: Marks,
        frames: Frames,
        *,
        cuts: Collection[int] | None = None,
        every: int = 1,
    ) -> None:
        self._aside = ThreadPoolExecutor(1, "glance")
        self._follower = Follower(network, views, self._aside)
        self._looks = {name: look.branch() for name, look in looks.items()}
        self._marks = marks
        self._frames = frames
        self._cuts = cuts
        self._every = every

    def run(self, order: range) -> Iterator[Finding]:
        """Yield every frame of `order` with what was found there, in that order.

        The next frame is read, and glanced at in another thread, while one is decided.
        """
        stops = self._stops(order)
        last: _Stop | None = None
        before: Finding | None = None
        with self._aside:
            stop = next(stops, None)
            while stop is not None:
                coming = next(stops, None)
                found = self._at(stop, last, coming)
                if before is not None and last is not None:
                    yield from self._between(before, last, (stop.index, found), stop)
                before = (stop.index, found)
                yield before
                last, stop = stop, coming

    def _stops(self, order: range) -> Iterator[_Stop]:
        """The frames that are looked at; each is read once, in order."""
        skipped: dict[int, np.ndarray] = {}
        for index in order:
            image = self._frames(index)
            if index != order[0] and self._may_skip(index, order, len(skipped)):
                skipped[index] = reduced_grey(image)
                continue
            yield _Stop(index, image, skipped)
            skipped = {}

    def _may_skip(self, index: int, order: range, skipped: int) -> bool:
        edge = index in self._marks or index == order[-1] or self._opens_shot(index, order.step)
        ends = self._opens_shot(index + order.step, order.step)
        return skipped + 1 < self._every and not edge and not ends

    def _opens_shot(self, index: int, step: int) -> bool:
        """Whether a shot begins with this frame when going by `step`."""
        return self._cuts is not None and (index if step > 0 else index + 1) in self._cuts

    def _at(self, stop: _Stop, last: _Stop | None, coming: _Stop | None) -> dict[int, Found]:
        found: dict[int, Found] = {}
        index, image = stop.index, stop.image
        if self._follower.following:
            if self._opens(stop, last):
                self._follower.cut()
            found = self._follower.step(image, None if coming is None else coming.image)
        if index in self._marks:
            masks = self._marks[index]
            self._follower.fix(image, masks, {name: self._looks[name] for name in masks})
            for name, mask in masks.items():
                found[name] = Found(mask.astype(np.float32), 1.0, bool(mask.any()))
        return found

    def _opens(self, stop: _Stop, last: _Stop | None) -> bool:
        """Whether another shot begins with a frame."""
        if self._cuts is None:
            return is_cut(last.image, stop.image)
        step = 1 if last is None or stop.index > last.index else -1
        return self._opens_shot(stop.index, step)

    def _between(
        self, before: Finding, last: _Stop, after: Finding, stop: _Stop
    ) -> Iterator[Finding]:
        """Carry masks into the frames that were not looked at, from both sides."""
        if not stop.skipped:
            return
        first, second = reduced_grey(last.image), reduced_grey(stop.image)
        span = after[0] - before[0]
        for index, grey in stop.skipped.items():
            late = (index - before[0]) / span
            found = {}
            for name in before[1].keys() & after[1].keys():
                one, other = before[1][name], after[1][name]
                sides = [carry(first, grey, one.soft), carry(second, grey, other.soft)]
                weights = [(1 - late) * (0.05 + sides[0][1]), late * (0.05 + sides[1][1])]
                soft = sum(w * side[0] for w, side in zip(weights, sides, strict=True))
                score = _CARRIED * ((1 - late) * one.score + late * other.score)
                there = one.present or other.present
                found[name] = Found(soft / sum(weights), score, there)
            yield index, found
