"""Pieces of shots to fill: the unit of work that can be done anywhere, with the same result.

The fill of a frame is decided by the frames within a fixed reach of it in its shot and their holes
(`cleanplate.fill.deciding`), so a piece of a shot is read with these frames around it, and comes
out the same, bit for bit, however the shot was cut into pieces and wherever each was filled.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise, tee
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from cleanplate.engine.overlap import Stopwatch
from cleanplate.engine.patches import Patch
from cleanplate.fill import FillSettings, Picture, deciding, fill_shot
from cleanplate.media import ClipInfo, open_clip

Mask = NDArray[np.bool_]
Pair = tuple[Picture, Mask]


class Holes(Protocol):
    """The pixels to fill by frame number, bool (h, w)."""

    def __getitem__(self, frame: int) -> Mask: ...


@dataclass(frozen=True)
class Piece:
    """Consecutive frames of one shot to fill, by their numbers in the clip, and the store's name
    for the fill of each."""

    shot: range
    frames: range
    keys: tuple[str, ...]

    def seen(self, settings: FillSettings) -> range:
        """The frames that decide the fill."""
        return seen(self.frames, self.shot, settings)

    def cut(self, most: int) -> list[Piece]:
        """The same in pieces of at most so many frames, all about as long."""
        count = -(-len(self.frames) // most)
        ends = [round(i * len(self.frames) / count) for i in range(count + 1)]
        return [Piece(self.shot, self.frames[a:b], self.keys[a:b]) for a, b in pairwise(ends)]


def seen(frames: range, shot: range, settings: FillSettings) -> range:
    """The frames of a shot that decide the fill of some of them, by their numbers in the clip."""
    first = shot.start
    decides = deciding(range(frames.start - first, frames.stop - first), settings)
    return range(max(decides.start, 0) + first, min(decides.stop + first, shot.stop))


def _as_it_is(name: str, items: Iterator[Pair]) -> Iterable[Pair]:
    return items


def fill_piece(
    piece: Piece,
    info: ClipInfo,
    holes: Holes,
    settings: FillSettings,
    watch: Stopwatch,
    beside: Callable[[str, Iterator[Pair]], Iterable[Pair]] = _as_it_is,
) -> Iterator[Patch]:
    """The patch of each frame of the piece, in order, streaming.

    `beside` may run the decoding, an iterator with a name, in a thread of its own.
    """
    seen = piece.seen(settings)
    wanted = range(piece.frames.start - seen.start, piece.frames.stop - seen.start)

    def read() -> Iterator[Pair]:
        decoded = iter(beside("decode", _decoded(info, seen, holes, watch)))
        while True:
            with watch("waiting for frames"):
                pair = next(decoded, None)
            if pair is None:
                return
            yield pair

    images, masks = tee(read())
    start = seen.start - piece.shot.start
    filled = fill_shot((i for i, _ in images), (h for _, h in masks), settings, wanted, start)
    for place, one in zip(wanted, watch.timed("fill", filled), strict=True):
        yield Patch.cut(one, place)


def _decoded(info: ClipInfo, seen: range, holes: Holes, watch: Stopwatch) -> Iterator[Pair]:
    with open_clip(info, seen) as reader:
        for frame in watch.timed("decode", reader):
            yield frame.picture, holes[frame.index]


class PackedHoles:
    """The holes of some frames in little room, to be sent elsewhere."""

    def __init__(self, holes: Holes, names: Callable[[Any], tuple], frames: Iterable[Any]) -> None:
        """`names` says what each frame's hole is known by: the same names, the same pixels."""
        self._names = {frame: names(frame) for frame in frames}
        self._packed: dict[tuple, tuple[tuple[int, int], bytes]] = {}
        for frame, name in self._names.items():
            if name not in self._packed:
                mask = holes[frame]
                self._packed[name] = mask.shape, zlib.compress(np.packbits(mask).tobytes(), 1)

    def __getitem__(self, frame: Any) -> Mask:
        shape, data = self._packed[self._names[frame]]
        bits = np.frombuffer(zlib.decompress(data), np.uint8)
        return np.unpackbits(bits, count=shape[0] * shape[1]).reshape(shape).astype(bool)
