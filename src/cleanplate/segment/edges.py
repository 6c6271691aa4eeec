"""The edge of a mask: move it out or in, soften it, and tidy what it encloses.

Distances are Euclidean and exact (Felzenszwalb and Huttenlocher, "Distance Transforms of Sampled
Functions", 2012, as OpenCV's ``DIST_MASK_PRECISE``), measured between pixel centres, so radii need
not be whole: 1.0 reaches the four neighbours, 1.5 (more than the square root of 2) the diagonal
ones too. What lies beyond the picture is unknown, so the picture's border is never an edge: an
object cut off by the frame stays cut off.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]
Matte = NDArray[np.float32]


@dataclass(frozen=True)
class EdgeSettings:
    """What is done to every mask, in this order; lengths in pixels, areas in square pixels.

    `smooth` averages in time along the motion (0 none, 1 as much as the neighbours' masks weigh);
    `holes` fills gaps and `specks` drops islands up to that area; `shrink` and `grow` move the
    edge; `feather` softens it inwards.
    """

    smooth: float = 0.0
    holes: int = 0
    specks: int = 0
    shrink: float = 0.0
    grow: float = 0.0
    feather: float = 0.0

    def shape(self, mask: Mask) -> Mask:
        """One mask, bool (h, w), tidied and moved; `smooth` and `feather` are left to others."""
        mask = self.tidy(mask)
        return grow(mask, self.grow) if self.grow else mask

    def tidy(self, mask: Mask) -> Mask:
        """What `shape` does before it grows the mask."""
        if self.holes:
            mask = fill_holes(mask, self.holes)
        if self.specks:
            mask = drop_specks(mask, self.specks)
        if self.shrink:
            mask = shrink(mask, self.shrink)
        return mask


def grow(mask: Mask, px: float) -> Mask:
    """The pixels whose centre lies within `px` pixels of a pixel of the mask.

    `mask` is bool (h, w); so is the result. ``grow(mask, 0)`` is a copy. Raises `ValueError` for a
    negative radius.
    """
    _check(mask, px)
    if px < 1 or not mask.any():
        return mask.copy()
    rows, columns = _reach(mask, px)
    grown = mask.copy()
    grown[rows, columns] = _distance_to(mask[rows, columns]) <= px
    return grown


def shrink(mask: Mask, px: float) -> Mask:
    """The pixels of the mask with no pixel outside it within `px` pixels: `grow` of the outside.

    `mask` is bool (h, w); so is the result. Raises `ValueError` for a negative radius.
    """
    _check(mask, px)
    return ~grow(~mask, px)


def feather(mask: Mask, px: float) -> Matte:
    """Alpha that rises from 0 at the mask's edge to 1 at `px` pixels inside it; 0 outside.

    The edge runs half a pixel outside the outermost pixels' centres. The rise is the smooth step
    3t^2 - 2t^3, which has no crease at either end. Returns float32 (h, w) in 0..1;
    ``feather(mask, 0)`` is the mask itself as 0 and 1. Raises `ValueError` for a negative width.
    """
    _check(mask, px)
    alpha = mask.astype(np.float32)
    if px < 1e-3 or not mask.any() or mask.all():
        return alpha
    rows, columns = _reach(mask, 1)
    inside = mask[rows, columns]
    rise = np.clip((_distance_to(~inside) - 0.5) / np.float32(px), 0, 1)
    alpha[rows, columns] = rise * rise * (3 - 2 * rise) * inside
    return alpha


def fill_holes(mask: Mask, max_area: int | None = None) -> Mask:
    """The mask with the gaps that it encloses filled, those of at most `max_area` pixels.

    A gap is a 4-connected region outside the mask that does not touch the picture's border.
    `max_area` of None fills every gap. bool (h, w) in and out.
    """
    _check(mask, 0)
    outside = (~mask).astype(np.uint8)
    _, labels, stats, _ = cv2.connectedComponentsWithStats(outside, connectivity=4)
    gap = np.ones(len(stats), bool)
    gap[labels[[0, -1], :]] = False
    gap[labels[:, [0, -1]]] = False
    gap[0] = False  # label 0 is the mask itself
    if max_area is not None:
        gap &= stats[:, cv2.CC_STAT_AREA] <= max_area
    return mask | gap[labels]


def drop_specks(mask: Mask, min_area: int) -> Mask:
    """The mask without its 8-connected pieces of fewer than `min_area` pixels.

    bool (h, w) in and out.
    """
    _check(mask, 0)
    _, labels, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    keep = stats[:, cv2.CC_STAT_AREA] >= min_area
    keep[0] = False  # label 0 is the outside
    return keep[labels]


def _distance_to(mask: Mask) -> NDArray[np.float32]:
    """Each pixel's distance to the nearest pixel of the mask; infinite where there is none."""
    if not mask.any():
        return np.full(mask.shape, np.inf, np.float32)
    away = (~mask).astype(np.uint8)
    return cv2.distanceTransform(away, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)


def _reach(mask: Mask, px: float) -> tuple[slice, slice]:
    """The mask's bounding box and `px` pixels around it: all that an operation can change."""
    margin = int(np.ceil(px))
    rows = np.flatnonzero(mask.any(axis=1))
    columns = np.flatnonzero(mask.any(axis=0))
    return (
        slice(max(rows[0] - margin, 0), rows[-1] + margin + 1),
        slice(max(columns[0] - margin, 0), columns[-1] + margin + 1),
    )


def _check(mask: Mask, px: float) -> None:
    if mask.ndim != 2 or mask.dtype != np.bool_:
        raise ValueError(f"a mask is bool (h, w); this is {mask.dtype} {mask.shape}")
    if not px >= 0:
        raise ValueError(f"a distance in pixels is 0 or more; this is {px}")
