"""One pass over a clip, forwards or backwards, through marks and cuts."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping

import numpy as np

from cleanplate.track.appearance import Appearance, Views
from cleanplate.track.follow import Follower, Found
from cleanplate.track.motion import carry, is_cut, reduced_grey
from cleanplate.track.network import Network

Frames = Callable[[int], np.ndarray]  # a frame's number: RGB uint8 (h, w, 3)
Marks = Mapping[int, Mapping[int, np.ndarray]]  # frame, then object: bool (h, w)
Finding = tuple[int, dict[int, Found]]

_CARRIED = 0.9  # of its neighbours' score: what a frame is worth that was not looked at


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
        self._follower = Follower(network, views)
        self._looks = {name: look.branch() for name, look in looks.items()}
        self._marks = marks
        self._frames = frames
        self._cuts = cuts
        self._every = every

    def run(self, order: range) -> Iterator[Finding]:
        """Yield every frame of `order` with what was found there, in that order."""
        before: Finding | None = None
        image: np.ndarray | None = None
        skipped: list[int] = []
        for index in order:
            if before is not None and self._may_skip(index, order, skipped):
                skipped.append(index)
                continue
            last, image = image, self._frames(index)
            found = self._at(index, last, image, before)
            yield from self._between(before, (index, found), skipped)
            skipped = []
            before = (index, found)
            yield before

    def _may_skip(self, index: int, order: range, skipped: list[int]) -> bool:
        edge = index in self._marks or index == order[-1] or self._opens_shot(index, order.step)
        ends = self._opens_shot(index + order.step, order.step)
        return len(skipped) + 1 < self._every and not edge and not ends

    def _opens_shot(self, index: int, step: int) -> bool:
        """Whether a shot begins with this frame when going by `step`."""
        return self._cuts is not None and (index if step > 0 else index + 1) in self._cuts

    def _at(
        self, index: int, last: np.ndarray | None, image: np.ndarray, before: Finding | None
    ) -> dict[int, Found]:
        found: dict[int, Found] = {}
        if self._follower.following:
            step = 1 if before is None or index > before[0] else -1
            cut = is_cut(last, image) if self._cuts is None else self._opens_shot(index, step)
            if cut:
                self._follower.cut()
            found = self._follower.step(image)
        if index in self._marks:
            masks = self._marks[index]
            self._follower.fix(image, masks, {name: self._looks[name] for name in masks})
            for name, mask in masks.items():
                found[name] = Found(mask.astype(np.float32), 1.0, bool(mask.any()))
        return found

    def _between(
        self, before: Finding | None, after: Finding, skipped: list[int]
    ) -> Iterator[Finding]:
        """Carry masks into the frames that were not looked at, from both sides."""
        if before is None or not skipped:
            return
        first, second = (reduced_grey(self._frames(i)) for i in (before[0], after[0]))
        span = after[0] - before[0]
        for index in skipped:
            grey = reduced_grey(self._frames(index))
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
