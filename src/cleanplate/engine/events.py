"""What the engine says while it works: plain events, handed to one callback."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from statistics import fmean
from typing import Any, Literal

Kind = Literal["start", "plan", "stage", "progress", "compiling", "warning", "done"]


@dataclass(frozen=True)
class Event:
    """One thing that happened.

    `kind`: "start" (`details` says what is worked on), "plan" (`details` says what is left to
    compute and how much disk it may take, in bytes), "stage" (`stage` begins), "progress"
    (`frame` of `total` frames of `stage` are finished), "compiling" (the first run on this machine
    compiles its kernels), "warning" (`message`), "done" (`details` is the report's summary).
    `rate` is in frames a second; `remaining` in seconds; both None while they are unknown, as is
    `total` for a file that does not say how long it is.
    """

    kind: Kind
    stage: str = ""
    frame: int | None = None
    total: int | None = None
    rate: float | None = None
    remaining: float | None = None
    message: str = ""
    details: dict[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """The event as JSON-ready values, without the fields that say nothing."""
        values = asdict(self)
        kind = values.pop("kind")
        return {"event": kind, **{key: v for key, v in values.items() if v not in (None, "", {})}}


Listener = Callable[[Event], None]


class Pace:
    """The rate of finished frames, over the last seconds, and the time that the rest will take.

    The rate forgets: a clip's slow part must not spoil the estimate for long after it. It counts from
    the first finished frame on, as that one holds all that is done once, and is not told before
    `settle` seconds behind it.
    """

    def __init__(
        self,
        total: int | None,
        window: float = 20.0,
        settle: float = 1.0,
        kinds: Sequence[str] | None = None,
        clock: Callable[[], float] | None = None,
    ) -> None:
        """`kinds` says for every frame what it costs: a frame that is in the store passes in no
        time, and tells nothing of one that has to be computed. While a kind that is still to come
        was not met yet, no end is foretold. `clock` is the monotonic one unless given."""
        self._total = total
        self._window = window
        self._settle = settle
        self._kinds = kinds
        self._left = Counter(kinds or ())
        self._clock = clock or time.monotonic
        self._began = self._clock()
        self._marks: list[tuple[float, int]] = []
        self._costs: dict[str, list[float]] = {}

    def at(self, frame: int) -> tuple[float | None, float | None]:
        """Note that `frame` frames are finished: the rate (1/s) and the time remaining (s)."""
        now = self._clock()
        if self._kinds is not None:
            self._count(frame, now)
        if frame > 0:
            self._marks.append((now, frame))
        while len(self._marks) > 2 and now - self._marks[1][0] > self._window:
            del self._marks[0]
        began, first = self._marks[0] if self._marks else (now, frame)
        if now - began < self._settle or frame <= first:
            return None, None
        rate = (frame - first) / (now - began)
        if self._kinds is not None:
            return rate, self._remaining()
        if self._total is None:
            return rate, None
        return rate, max(self._total - frame, 0) / rate

    def _count(self, frame: int, now: float) -> None:
        """Learn what the frames since the last look cost, by their kind: not the first of a kind,
        which holds what its beginning costs."""
        since, before = self._marks[-1] if self._marks else (self._began, 0)
        for kind in self._kinds[before:frame]:
            self._left[kind] -= 1
            if kind in self._costs:
                self._costs[kind].append((now - since) / (frame - before))
                del self._costs[kind][:-_REMEMBERED]
            else:
                self._costs[kind] = []

    def _remaining(self) -> float | None:
        waiting = [kind for kind, count in self._left.items() if count > 0]
        if not all(self._costs.get(kind) for kind in waiting):
            return None
        return sum(self._left[kind] * fmean(self._costs[kind]) for kind in waiting)


_REMEMBERED = 20
"""Frames of a kind that its cost is the mean of."""
