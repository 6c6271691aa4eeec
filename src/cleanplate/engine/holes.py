"""From the user's mask on a frame to the hole to fill there, and the way back into the picture."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cleanplate.fill import Bits, Picture
from cleanplate.segment.edges import feather as feather_inwards
from cleanplate.segment.edges import grow as grow_by

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Hole:
    """What is filled on one frame, and how it is blended in.

    `pixels`: bool (h, w), what is filled; nothing outside it changes. `alpha`: float32 (h, w) in
    0..1, the share of the fill in the result, 0 outside `pixels`; None means 1 in all of them.
    `box`: rows and columns around `pixels`; None where there is nothing to fill.
    """

    pixels: Mask
    alpha: NDArray[np.float32] | None
    box: tuple[slice, slice] | None


class PackedHole:
    """A hole in an eighth of its memory, for frames that wait."""

    def __init__(self, hole: Hole) -> None:
        self._pixels = Bits(hole.pixels)
        self._box = hole.box
        blended = hole.alpha is not None and hole.box is not None
        self._alpha = np.array(hole.alpha[hole.box]) if blended else None

    def unpack(self) -> Hole:
        """The hole again."""
        pixels, alpha = self._pixels.unpack(), None
        if self._alpha is not None:
            alpha = np.zeros(pixels.shape, np.float32)
            alpha[self._box] = self._alpha
        return Hole(pixels, alpha, self._box)


class HoleMaker:
    """Grows masks to holes, feathered at their rim.

    `grow` and `feather` are in pixels. The feather lies inside the grown mask, where it blends the
    fill into the original, and never reaches the mask itself: what the user marked is wholly
    replaced. `align`, where given, grows a hole to what the file's pixel format can hold apart (a
    2x2 block in 4:2:0), so that nothing outside the hole shares a sample with it.
    """

    def __init__(
        self, grow: float = 0, feather: float = 0, align: Callable[[Mask], Mask] | None = None
    ) -> None:
        self._grow = grow
        self._feather = min(feather, grow)
        self._align = align
        self._last: tuple[Mask, Hole] | None = None

    def __call__(self, mask: Mask) -> Hole:
        """The hole of one mask, bool (h, w). A fixed mask, handed in again, costs nothing."""
        if self._last is not None and self._last[0] is mask:
            return self._last[1]
        hole = self._make(mask)
        self._last = (mask, hole)
        return hole

    def _make(self, mask: Mask) -> Hole:
        if not mask.any():
            return Hole(mask, None, None)
        pixels = grow_by(mask, self._grow)
        if self._align is not None:
            pixels = self._align(pixels)
        alpha = None
        if self._feather > 0:
            alpha = feather_inwards(pixels, self._feather)
            alpha[mask] = 1
        return Hole(pixels, alpha, _bounding_box(pixels))


def compose(original: Picture, filled: NDArray, hole: Hole) -> NDArray:
    """Put the fill into the original: its pixels in the hole, blended by the hole's alpha.

    `original` and `filled` are RGB (h, w, 3), uint8 or uint16, alike outside the hole; the result is
    `filled` itself where there is nothing to blend.
    """
    if hole.box is None:
        return original[:, :]
    if hole.alpha is None:
        return filled
    result = filled.copy()
    alpha = hole.alpha[hole.box][..., None]
    before, after = original[hole.box], filled[hole.box]
    blended = np.rint(before + alpha * (after.astype(np.float32) - before)).astype(original.dtype)
    inside = hole.pixels[hole.box][..., None]
    result[hole.box] = np.where(inside, blended, before)
    return result


def join_holes(
    holes: list[Hole], keep: Mask | None = None, align: Callable[[Mask], Mask] | None = None
) -> Hole:
    """One hole of several, of at least one; `keep`, bool (h, w), stays as it is wherever it lies.

    `align` is as for `HoleMaker`. A pixel of `keep` that shares a sample with the hole is in the
    hole, but nothing of the fill is blended into it.
    """
    if len(holes) == 1 and keep is None:
        return holes[0]
    pixels = np.logical_or.reduce([hole.pixels for hole in holes])
    alpha = None
    if keep is not None or any(hole.alpha is not None for hole in holes):
        alphas = [hole.pixels if hole.alpha is None else hole.alpha for hole in holes]
        alpha = np.maximum.reduce([one.astype(np.float32) for one in alphas])
    if keep is not None:
        pixels &= ~keep
        if align is not None:
            pixels = align(pixels)
        alpha[keep] = 0
    if not pixels.any():
        return Hole(pixels, None, None)
    return Hole(pixels, alpha, _bounding_box(pixels))


def _bounding_box(mask: Mask) -> tuple[slice, slice]:
    rows = np.flatnonzero(mask.any(axis=1))
    columns = np.flatnonzero(mask.any(axis=0))
    return slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
