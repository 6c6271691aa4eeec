"""Masks grown over the shadows and reflections that move with what they mark."""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import tee
from pathlib import Path
from typing import Generic, TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from cleanplate.engine.cuts import by_shot, number_shots
from cleanplate.engine.events import Event, Listener, Pace
from cleanplate.engine.mask_files import png
from cleanplate.engine.overlap import Halt
from cleanplate.fill.shadow import SIDE, find_shadows
from cleanplate.media import open_clip, open_masks, probe
from cleanplate.segment.edges import grow

Mask = NDArray[np.bool_]
T = TypeVar("T")


@dataclass(frozen=True)
class Look(Generic[T]):
    """Something whose shadow is looked for: a small picture, its small mask, and the mask itself,
    bits packed, since dozens of frames wait for what later ones show. `item` is the caller's."""

    item: T
    image: NDArray
    small: Mask
    packed: NDArray[np.uint8]
    shape: tuple[int, int]

    @classmethod
    def at(cls, item: T, image: NDArray, mask: Mask) -> Look[T]:
        """`image` is the picture already made small, `mask` that of the whole frame."""
        small = _reduced(mask, (image.shape[1], image.shape[0]))
        return cls(item, image, small, np.packbits(mask), mask.shape)

    @property
    def mask(self) -> Mask:
        count = self.shape[0] * self.shape[1]
        return np.unpackbits(self.packed, count=count).reshape(self.shape).astype(bool)


def small_size(width: int, height: int) -> tuple[int, int]:
    """Width and height at which shadows are looked for on frames of that size."""
    scale = min(1.0, SIDE / max(width, height))
    return max(1, round(width * scale)), max(1, round(height * scale))


def grown_over_shadows(shot: Iterable[Look[T]]) -> Iterator[tuple[T, Mask]]:
    """The items of one shot, in order, each with its mask, bool (h, w), and the shadow."""
    for look, shadow in shadows_of(shot):
        yield look.item, look.mask | shadow


def shadows_of(shot: Iterable[Look[T]]) -> Iterator[tuple[Look[T], Mask]]:
    """Each look of one shot, in order, with the shadow, bool (h, w), the mask left out."""
    looks, images = tee(shot)
    images, masks = tee(images)
    found = find_shadows((one.image for one in images), (one.small for one in masks))
    for shadow, look in zip(found, looks, strict=True):
        yield look, _enlarged(shadow, look.shape) & ~look.mask


@contextmanager
def with_shadows(
    source: Path,
    mask: Path,
    *,
    frames: range | slice | None = None,
    progress: Listener | None = None,
    cancel: threading.Event | None = None,
) -> Iterator[Path]:
    """A folder of the masks at `mask`, each grown over what moves along, for as long as this lasts.

    Raises what `open_clip` and `open_masks` raise, and `Cancelled`.
    """
    stage = "find shadows"
    total = probe(source).frame_count if frames is None else None
    pace = Pace(total)
    tell = progress or (lambda event: None)
    looks = _looks(source, mask, frames, Halt(cancel))
    with tempfile.TemporaryDirectory(prefix="cleanplate-") as folder:
        tell(Event("stage", stage, total=total))
        done = 0
        for shot in by_shot(number_shots(looks, lambda look: look.image)):
            for index, grown in grown_over_shadows(shot):
                picture = np.where(grown, np.uint8(255), np.uint8(0))
                (Path(folder) / f"{index:05d}.png").write_bytes(png(picture))
                done += 1
                tell(Event("progress", stage, done, total, *pace.at(done)))
        yield Path(folder)


def _looks(
    source: Path, mask: Path, frames: range | slice | None, halt: Halt
) -> Iterator[Look[int]]:
    info = probe(source)
    size = small_size(info.width, info.height)
    with open_clip(info, frames) as reader:
        wanted = None if frames is None else reader.range
        with open_masks(mask, info, wanted) as masks:
            for frame in reader:
                halt.check()
                yield Look.at(frame.index, frame.scaled(*size), masks[frame.index])


def _reduced(mask: Mask, size: tuple[int, int]) -> Mask:
    """A mask, bool (h, w), at (width, height): every pixel that it touches."""
    return cv2.resize(mask.astype(np.float32), size, interpolation=cv2.INTER_AREA) > 0


def _enlarged(mask: Mask, shape: tuple[int, int]) -> Mask:
    """A mask, bool (h, w), at a larger `shape`, its edge smooth and rather too far out."""
    height, width = shape
    if mask.shape == shape:
        return mask
    large = cv2.resize(mask.astype(np.float32), (width, height), interpolation=cv2.INTER_LINEAR)
    return grow(large > 0.5, width / mask.shape[1] / 2)
