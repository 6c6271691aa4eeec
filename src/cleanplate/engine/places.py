"""Where pieces of shots are filled: in this process, unless a cluster is named.

One process with threads, and not a pool of processes: `python -m bench cores` measures both. Threads
keep two cores as busy as processes do, and share one window of frames, where each process holds a
window of its own and reads anew the frames around it. Who has many cores and the memory can ask for
processes: a cluster of this machine alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from cleanplate.engine.events import Listener
from cleanplate.engine.overlap import Halt, Stopwatch
from cleanplate.engine.patches import Patch
from cleanplate.engine.pieces import Holes, Pair, Piece, fill_piece
from cleanplate.engine.store import Store
from cleanplate.engine.tracking import MaskStage
from cleanplate.fill import FillSettings
from cleanplate.media import ClipInfo


@dataclass(frozen=True)
class FillJob:
    """What all pieces of a run have in common.

    `holes` makes the holes anew for whoever reads them in order; `names` says what a frame's hole
    is known by. `fingerprint` is that of the clip; `network` names the inpainting network of the
    settings, if any.
    """

    info: ClipInfo
    fingerprint: str
    settings: FillSettings
    holes: Callable[[], Holes]
    names: Callable[[int], tuple]
    store: Store
    watch: Stopwatch
    network: str | None = None


class Place(Protocol):
    """Somewhere that pieces are filled."""

    def fill(self, job: FillJob, pieces: Sequence[Piece]) -> Iterator[Iterator[Patch]]:
        """For each piece, in order, the patches of its frames, in order. Each is in the store, or
        was, when it comes."""
        ...

    def track(self, masks: MaskStage, frames: range, tell: Listener, halt: Halt) -> None:
        """Have the masks of `frames` known."""
        ...


class Here:
    """This process. Decoding runs in a thread beside the filling, which has threads of its own."""

    def __init__(self, beside: Callable[[str, Iterator[Pair]], Iterable[Pair]]) -> None:
        self._beside = beside

    def fill(self, job: FillJob, pieces: Sequence[Piece]) -> Iterator[Iterator[Patch]]:
        for piece in pieces:
            yield self._fill_one(job, piece)

    def track(self, masks: MaskStage, frames: range, tell: Listener, halt: Halt) -> None:
        for _ in masks.compute(frames, tell, halt):
            pass

    def _fill_one(self, job: FillJob, piece: Piece) -> Iterator[Patch]:
        patches = fill_piece(piece, job.info, job.holes(), job.settings, job.watch, self._beside)
        for key, patch in zip(piece.keys, patches, strict=True):
            with job.watch("store"):
                job.store.put(key, patch.pack())
            yield patch
