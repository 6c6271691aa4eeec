"""What a caller may choose about a fill."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from cleanplate.errors import UsageError

#: Completes a picture: (image (h, w, 3), missing bool (h, w)) to float32 (h, w, 3).
Completer = Callable[[np.ndarray, np.ndarray], np.ndarray]

Quality = Literal["draft", "good", "best", "lossless"]

#: Other frames at places that do not move with a frame: (every so many, up to so far away), nearest first.
Lattice = tuple[tuple[int, int], ...]

#: Those that are looked at. Near frames show moving things as they are now; far frames show what a
#: slow object hides for long.
_SOURCES: dict[str, Lattice] = {
    "draft": ((1, 2), (4, 8), (8, 24)),
    "good": ((1, 5), (5, 15), (10, 30)),
    "best": ((1, 10), (4, 24), (8, 48)),
}
#: Frames side by side that look at the same others: what they are filled with then changes less from
#: one to the next.
TOGETHER = 2

#: Frames either side that a frame's tone is averaged with.
_SPAN = {"draft": 2, "good": 4, "best": 4}
#: Frames either side whose finished pictures a frame's is averaged with.
_FINISH_SPAN = {"draft": 0, "good": 2, "best": 2}

#: Frames from one key frame, at which what no frame shows is made up, to the next; and how far from
#: a key frame one looks, at most, for what other frames show of its hole.
SPACING = 32
KEY_REACH = 12
#: Frames over which the second layer's motion is averaged, each way.
SETTLE = 3
#: Frames beyond the reach that must be known before a frame can be judged, so that the second
#: layer's motion and what explains a frame come out the same however the frames arrived.
LOOKAHEAD = SETTLE + 3

#: Pixels of the resolution at which motion is measured and candidates are judged.
_WORK_AREA = {"draft": 60_000, "good": 110_000, "best": 220_000}


@dataclass(frozen=True)
class FillSettings:
    """How a hole is filled.

    Attributes:
        quality: "draft" looks at fewer frames at a lower working resolution; "good" is the
            default; "best" looks further and finer. "lossless" concerns the encoder and fills
            like "best".
        workers: threads that plan frames at the same time.
        completer: completes a picture where no frame shows what is behind, as
            `synthesise.complete` does, which stands in if None; `network.NetworkCompleter` is one
            that the user may bring.
    """

    quality: Quality = "good"
    workers: int = 2
    completer: Completer | None = None

    def __post_init__(self) -> None:
        if self.quality not in ("draft", "good", "best", "lossless"):
            raise UsageError(
                f"quality is {self.quality!r}: choose one of draft, good, best, lossless"
            )
        if self.workers < 1:
            raise UsageError("workers must be at least 1")

    @property
    def _level(self) -> str:
        return "best" if self.quality == "lossless" else self.quality

    @property
    def sources(self) -> Lattice:
        """The frames that are looked at: see `sources_of`."""
        return _SOURCES[self._level]

    @property
    def key_sources(self) -> Lattice:
        """Those that a key frame looks at for what is behind its hole."""
        return tuple((every, min(far, KEY_REACH // every * every)) for every, far in self.sources)

    @property
    def measures_fringe(self) -> bool:
        """Whether it is measured how far past its hole a thing still shows. A draft takes what is usual:
        shadows are found by one, as what lies around a hole and differs from its fill, and a rim that moved
        with them would hide or show some."""
        return self._level != "draft"

    @property
    def span(self) -> int:
        """Frames either side that a frame's tone is averaged with."""
        return _SPAN[self._level]

    @property
    def finish_span(self) -> int:
        """Frames either side whose finished pictures a frame's is averaged with. None in a draft, of which
        single frames are shown."""
        return _FINISH_SPAN[self._level]

    @property
    def work_area(self) -> int:
        """Pixels of the working resolution."""
        return _WORK_AREA[self._level]


def sources_of(index: int, lattice: Lattice) -> list[int]:
    """The frames that frame `index` looks in, ascending: those at places that do not move with it."""
    first = index // TOGETHER * TOGETHER
    chosen = {first}
    for every, far in lattice:
        chosen.update(range(-((far - first) // every) * every, first + far + 1, every))
    return sorted(chosen - {index})


def key_frames(index: int) -> tuple[int, int]:
    """The key frames before (or at) and after a frame."""
    before = index // SPACING * SPACING
    return before, before + SPACING


def context(settings: FillSettings) -> int:
    """How many frames either side decide what goes into a frame's hole, at most."""
    furthest = max(_far(settings.sources), SPACING + _far(settings.key_sources))
    return furthest + settings.span + settings.finish_span + LOOKAHEAD


def deciding(frames: range, settings: FillSettings) -> range:
    """The frames that decide what goes into the holes of `frames`, one at least.

    Their fill is a function of these frames and their holes, and of nothing else: shots can be
    filled in pieces, each with these around it, and the result is the same. All are counted as
    `fill_shot` counts them; the range may begin below 0 and end beyond the shot. A plan that met
    others would wait for steps that are queued behind it, for ever.
    """
    beside = settings.span + settings.finish_span
    first, last = frames.start - beside, frames.stop - 1 + beside
    far, near_key = _far(settings.sources), _far(settings.key_sources)
    start = min(first - far, key_frames(first)[0] - near_key)
    stop = max(last + far, key_frames(last)[1] + near_key) + 1
    return range(start - LOOKAHEAD, stop + LOOKAHEAD)


def _far(lattice: Lattice) -> int:
    """How far off a frame may be that is looked at: the first of some together sees as far as the
    others, so that these look further back."""
    return max(far for _, far in lattice) + TOGETHER - 1
