"""Tracking of a shot in chunks of frames, which are stored as they are done."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cleanplate.engine.object_masks import FrameRuns, pack_frames, runs_of
from cleanplate.engine.shot_tracker import ShotPlan, ShotTracker
from cleanplate.track import Network, Tracked

Mask = NDArray[np.bool_]

CHUNK = 32
"""Frames whose tracked masks are stored together, and at once: what a stop loses at most."""


@dataclass(frozen=True)
class Chunk:
    """Frames of a shot that are stored together."""

    shot: range
    number: int

    @classmethod
    def of(cls, shot: range, frame: int) -> Chunk:
        """The chunk that a frame of a shot is in."""
        return cls(shot, (frame - shot.start) // CHUNK)

    @property
    def frames(self) -> range:
        """The frames' numbers in the clip."""
        first = self.shot.start + self.number * CHUNK
        return range(first, min(first + CHUNK, self.shot.stop))

    def whole(self, known: Collection[int]) -> bool:
        """Whether these frames' masks are all that there are."""
        return len(known) == len(self.frames)


def chunks_of(shot: range, part: range) -> range:
    """The numbers of the chunks that hold the frames of `part`."""
    return range((part.start - shot.start) // CHUNK, (part[-1] - shot.start) // CHUNK + 1)


@dataclass(frozen=True)
class ShotWork:
    """Frames of a shot to track: whole chunks, with the shot's plan and the store's name for it."""

    plan: ShotPlan
    base: str
    frames: range


def frame_runs(tracked: Tracked) -> FrameRuns:
    """A tracked frame's masks, as they are stored."""
    return {
        name: (round(tracked.scores[name], 4), runs_of(mask))
        for name, mask in tracked.masks.items()
    }


def track_chunks(
    work: ShotWork,
    frame: Callable[[int], NDArray],
    load: Callable[[tuple[str, ...]], Mask],
    quality: str,
    network: Network,
) -> Iterator[tuple[int, bytes]]:
    """Track a shot anywhere: each chunk's number and its packed masks, for `MaskStage.take`.

    `frame` gives a frame of the clip, RGB (h, w, 3), and `load` the mask of a key frame's pictures.
    """
    frames: dict[int, FrameRuns] = {}
    for index, tracked in ShotTracker(work.plan, frame, load, quality, network).track(work.frames):
        chunk = Chunk.of(work.plan.shot, index)
        if index == chunk.frames.start:
            frames = {}
        frames[index] = frame_runs(tracked)
        if chunk.whole(frames):
            yield chunk.number, pack_frames(frames)
