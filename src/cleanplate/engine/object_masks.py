"""Masks of objects on frames, kept small: run lengths, unpacked when they are looked at."""

from __future__ import annotations

import hashlib
import json
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from cleanplate.segment.edges import EdgeSettings, feather, grow

Mask = NDArray[np.bool_]
Runs = NDArray[np.uint32]
Origin = Literal["key", "tracked", "given"]

DOUBTFUL = 0.6
"""A score below it is worth a look."""

FrameRuns = dict[int, tuple[float, Runs]]
"""A frame's tracked masks by object: a score in 0..1 and run lengths."""


def runs_of(mask: Mask) -> Runs:
    """Lengths of the runs of False and True in turn, row by row, beginning with False."""
    flat = np.ascontiguousarray(mask).reshape(-1)
    edges = np.flatnonzero(flat[1:] != flat[:-1]) + 1
    first = [0] if flat.size and flat[0] else []
    return np.diff(np.concatenate([first, [0], edges, [flat.size]])).astype(np.uint32)


def mask_of_runs(runs: Runs, shape: tuple[int, int]) -> Mask:
    """The mask, bool (h, w), that has these runs."""
    values = np.arange(len(runs)) % 2 == 1
    return np.repeat(values, runs).reshape(shape)


def pack_frames(frames: dict[int, FrameRuns]) -> bytes:
    """Several frames' masks, by number, as bytes for the store."""
    head = [
        [index, [[name, score, len(runs)] for name, (score, runs) in masks.items()]]
        for index, masks in frames.items()
    ]
    text = json.dumps(head).encode()
    body = b"".join(
        runs.astype("<u4").tobytes() for masks in frames.values() for _, runs in masks.values()
    )
    return zlib.compress(struct.pack("<I", len(text)) + text + body, 1)


def unpack_frames(data: bytes) -> dict[int, FrameRuns]:
    """What `pack_frames` made these bytes of."""
    plain = zlib.decompress(data)
    (length,) = struct.unpack_from("<I", plain)
    values = np.frombuffer(plain, "<u4", offset=4 + length)
    place = 0
    frames: dict[int, FrameRuns] = {}
    for index, masks in json.loads(plain[4 : 4 + length]):
        frames[index] = {}
        for name, score, count in masks:
            frames[index][name] = (score, values[place : place + count])
            place += count
    return frames


def digest_of(runs: Runs, shape: tuple[int, int]) -> str:
    """What a mask is known by, whatever it came from."""
    text = runs.astype("<u4").tobytes() + struct.pack("<II", *shape)
    return hashlib.blake2b(text, digest_size=10).hexdigest()


@dataclass(frozen=True)
class Bare:
    """An object's mask on a frame before anything is done to its edge.

    `score` is 0..1, 1 for what the user said; `digest` names the mask by what it is; `empty` is
    True where it is known to mark nothing; `load` gives it, bool (h, w).
    """

    score: float
    origin: Origin
    digest: str
    empty: bool
    load: Callable[[], Mask] = field(repr=False)


@dataclass(frozen=True)
class ObjectMask:
    """An object's mask on a frame, its edge as the object's settings have it.

    Attributes
    ----------
    score
        0..1, how sure the tracker is of it; 1 for what the user said.
    source
        "key" for a key frame, "tracked" from key frames, "given" ready-made.
    digest
        Names the mask with its edge: the same digest, the same mask.
    empty
        True where it is known, without looking, that the mask marks nothing.
    edge
        What was done to the mask.
    """

    score: float
    source: Origin
    digest: str
    empty: bool
    edge: EdgeSettings
    _load: Callable[[], Mask] = field(repr=False)

    @property
    def doubtful(self) -> bool:
        """Whether it is worth a look."""
        return self.score < DOUBTFUL

    @cached_property
    def core(self) -> Mask:
        """The tidied mask before it is grown and feathered, bool (h, w)."""
        return self.edge.tidy(self._load())

    @cached_property
    def mask(self) -> Mask:
        """The mask as it is shown, bool (h, w): tidied and grown."""
        return grow(self.core, self.edge.grow) if self.edge.grow else self.core

    @property
    def alpha(self) -> NDArray[np.float32]:
        """The mask with its edge feathered inwards, float32 (h, w) in 0..1."""
        return feather(self.mask, self.edge.feather)
