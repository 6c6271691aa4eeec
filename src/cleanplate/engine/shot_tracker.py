"""Tracking in one shot: from the key frames in it, or from what key frames elsewhere teach."""

from __future__ import annotations

from bisect import bisect
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cleanplate.track import Network, Tracked, TrackSession

Mask = NDArray[np.bool_]
Marks = dict[int, tuple[str, ...]]
"""An object's key frames: by frame, the pictures that make up its mask."""

_TEACHERS = 3
"""Key frames of another shot that are learned from: more add time, and little."""


@dataclass(frozen=True)
class ShotPlan:
    """What decides the masks of one shot.

    `marks` are the key frames in the shot, by object. `teachers` are those of another shot, for
    objects that are shown by none in this one: they are looked for. Nothing else counts, so an edit
    of a key frame changes its own shot and those that learn from it.
    """

    shot: range
    marks: dict[int, Marks]
    teachers: dict[int, Marks]

    def __bool__(self) -> bool:
        return bool(self.marks or self.teachers)

    @property
    def taught_on(self) -> list[int]:
        """The frames of other shots that are learned from."""
        return sorted({frame for marks in self.teachers.values() for frame in marks})

    def begin(self, wanted: range) -> int:
        """Where tracking has to begin: behind the last mark nothing comes from later frames."""
        last = max(self._marked, default=self.shot.start)
        return last if wanted.start >= last else self.shot.start

    def looks(self, wanted: range) -> Counter[int]:
        """The shot's frames that are gone through for `wanted`, and how often: those that are seen
        both ways twice."""
        back = range(self.begin(wanted), max(self._marked, default=self.shot.start))
        first = self.shot.start if self.teachers else min(self._marked)
        return Counter([*back, *range(first, wanted.stop)])

    @property
    def _marked(self) -> list[int]:
        return [frame for marks in self.marks.values() for frame in marks]

    def to_json(self) -> list:
        """The plan as JSON-ready values, for the store's names."""
        both = [
            [[name, sorted(marks.items())] for name, marks in sorted(of.items())]
            for of in (self.marks, self.teachers)
        ]
        return [self.shot.start, self.shot.stop, *both]


def plan_shot(
    place: int, shots: list[range], keys: Mapping[int, Marks], shows: Callable[[tuple], bool]
) -> ShotPlan:
    """What decides the masks of the shot at `place`, from all objects' `keys`.

    `shows` tells whether the pictures of a key show anything: one that is empty teaches nothing.
    """
    marks: dict[int, Marks] = {}
    teachers: dict[int, Marks] = {}
    starts = [shot.start for shot in shots]
    for name, own in keys.items():
        at: dict[int, Marks] = {}
        for frame, pictures in own.items():
            if shots[0].start <= frame < shots[-1].stop:
                at.setdefault(bisect(starts, frame) - 1, {})[frame] = pictures
        showing = {where: m for where, m in at.items() if any(shows(p) for p in m.values())}
        if not showing:
            continue
        if place in at:
            marks[name] = at[place]
        if place not in showing:
            # What came before is what a viewer has seen of it; else what comes next.
            nearest = min(showing, key=lambda where: (where > place, abs(where - place)))
            teachers[name] = _nearest(showing[nearest], shots[place], shows)
    return ShotPlan(shots[place], marks, teachers)


def _nearest(marks: Marks, shot: range, shows: Callable[[tuple], bool]) -> Marks:
    frames = [frame for frame, pictures in marks.items() if shows(pictures)]
    frames.sort(key=lambda frame: abs(frame - shot.start))
    return {frame: marks[frame] for frame in sorted(frames[:_TEACHERS])}


class _Source:
    """Frames for a session: those that teach, one after another, and then the shot's."""

    def __init__(self, plan: ShotPlan, frames: Callable[[int], NDArray]) -> None:
        self._taught_on = plan.taught_on
        self._shot = plan.shot
        self._frames = frames
        self._teaching: dict[int, NDArray] = {}

    def __len__(self) -> int:
        return len(self._taught_on) + len(self._shot)

    def __getitem__(self, index: int) -> NDArray:
        if index >= len(self._taught_on):
            return self._frames(self._shot[index - len(self._taught_on)])
        if index not in self._teaching:
            self._teaching[index] = self._frames(self._taught_on[index])
        return self._teaching[index]


class ShotTracker:
    """Tracks what a plan says through its shot."""

    def __init__(
        self,
        plan: ShotPlan,
        frames: Callable[[int], NDArray],
        load: Callable[[tuple[str, ...]], Mask],
        quality: str,
        network: Network,
    ) -> None:
        """`frames` gives the clip's frame of a number, RGB (h, w, 3); `load` the mask of a key's
        pictures."""
        source = _Source(plan, frames)
        self._plan = plan
        self._shot = plan.shot
        self._offset = len(plan.taught_on)
        inner = [range(i, i + 1) for i in range(self._offset)]
        inner.append(range(self._offset, len(source)))
        self._session = TrackSession(source, shots=inner, quality=quality, network=network)
        for name in sorted({*plan.marks, *plan.teachers}):
            for frame, pictures in plan.teachers.get(name, {}).items():
                self._session.add_mask(name, plan.taught_on.index(frame), load(pictures))
            for frame, pictures in plan.marks.get(name, {}).items():
                self._session.add_mask(name, self._place(frame), load(pictures))

    def _place(self, frame: int) -> int:
        return frame - self._shot.start + self._offset

    def track(self, wanted: range) -> Iterator[tuple[int, Tracked]]:
        """The frames `wanted` of the shot, in order.

        Always as if the whole shot had been asked for: the same masks, however they are asked for.
        """
        whole = range(self._place(self._plan.begin(wanted)), self._place(self._shot.stop))
        for tracked in self._session.track(whole):
            frame = tracked.index - self._offset + self._shot.start
            if frame >= wanted.start:
                yield frame, tracked
            if frame + 1 >= wanted.stop:
                return
