"""One run of the masks stage through some frames."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from numpy.typing import NDArray

from cleanplate import models
from cleanplate.engine.events import Event, Listener, Pace
from cleanplate.engine.object_masks import FrameRuns, ObjectMask
from cleanplate.engine.overlap import Halt
from cleanplate.engine.shot_tracker import ShotPlan, ShotTracker
from cleanplate.engine.shot_work import Chunk, frame_runs
from cleanplate.engine.window_frames import WindowedFrames
from cleanplate.media import ClipReader, open_clip
from cleanplate.track import Network, TrackSettings
from cleanplate.track.network import NETWORK

if TYPE_CHECKING:
    from cleanplate.engine.tracking import MaskStage

_MANY = 8  # looks in one run for which the network holds what it works in


class MasksRun:
    """One run through some frames, tracking what the store does not hold."""

    def __init__(self, stage: MaskStage, tell: Listener, halt: Halt) -> None:
        self._stage = stage
        self._tell = tell
        self._halt = halt
        self._network: Network | None = None
        self._reader: ClipReader | None = None
        self._held: WindowedFrames | None = None
        self._left: Counter[int] = Counter()
        self._looks = self._total = 0
        self._pace: Pace | None = None

    def run(self, frames: range | None) -> Iterator[tuple[int, dict[int, ObjectMask]]]:
        try:
            parts = list(self._stage.parts(frames, self._halt))
            lacking = [self._stage.lacking(*part) for part in parts]
            works = zip(parts, lacking, strict=True)
            self._begin(sum((part[0].looks(w) for part, w in works if w), Counter()))
            for (plan, base, part), wanted in zip(parts, lacking, strict=True):
                for index in self._through(plan, base, part, wanted) if wanted else part:
                    self._halt.check()
                    yield index, self._stage.known(index)
        finally:
            if self._reader is not None:
                self._reader.close()
            if self._total >= _MANY:
                models.release(NETWORK)

    def _through(self, plan: ShotPlan, base: str, part: range, wanted: range) -> Iterator[int]:
        """The numbers of `part`, each once its masks are known; `wanted` are to be tracked."""
        yield from range(part.start, min(wanted.start, part.stop))
        yield from self._one_late(self._track(plan, base, wanted), part)
        yield from range(max(wanted.stop, part.start), part.stop)

    def _one_late(self, tracked: Iterable[int], part: range) -> Iterator[int]:
        """Frames of `part` once the one after them is known too, which steadying looks at."""
        before: int | None = None
        for index in tracked:
            if before is not None:
                yield before
            before = index if index in part else None
        if before is not None:
            yield before

    def _track(self, plan: ShotPlan, base: str, wanted: range) -> Iterator[int]:
        """Track whole chunks, storing each as it is done; yields each frame as it is known."""
        stage = self._stage
        tracker = ShotTracker(plan, self._frame, stage.load, stage.quality, self._open_network())
        frames: dict[int, FrameRuns] = {}
        for index, tracked in tracker.track(wanted):
            chunk = Chunk.of(plan.shot, index)
            if index == chunk.frames.start:
                frames = stage.begin_chunk(base, chunk.number)
            frames[index] = frame_runs(tracked)
            if chunk.whole(frames):
                stage.end_chunk(base, chunk.number, frames)
            yield index

    def _open_network(self) -> Network:
        if self._network is None:
            pixels = TrackSettings.of(self._stage.quality).pixels
            many = self._total >= _MANY
            self._network = Network(pixels, keep_memory=many, watch=self._stage.watch)
        return self._network

    def _begin(self, looks: Counter[int]) -> None:
        self._left, self._total = looks, looks.total()
        if self._total:
            self._pace = Pace(self._total)
            self._tell(Event("stage", "track", total=self._total))

    def _frame(self, index: int) -> NDArray:
        """A frame of the clip, RGB uint8; where a stop is noticed, and progress."""
        self._halt.check()
        if self._held is None:
            self._reader = open_clip(self._stage.info)
            self._held = WindowedFrames(self._reader)
        if self._pace is not None and self._left[index]:  # else it is only looked at once more
            self._left[index] -= 1
            self._looks += 1
            rate = self._pace.at(self._looks)
            self._tell(Event("progress", "track", self._looks, self._total, *rate))
        return self._held[index]
