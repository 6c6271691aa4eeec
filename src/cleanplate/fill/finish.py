"""Finished pictures made steady over time, and as sharp as what they were made of.

What a frame was filled with is averaged with what those beside it were, along the motion: a mistake that
one frame makes alone is no longer a flash. An average is soft, so what is finest is strengthened until
the picture is as sharp as its sources, but only where the frames agree: what differs from frame to frame is
doubtful, and strengthened it would look etched.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numba import njit

from cleanplate.fill.compose import Painted, places, sample
from cleanplate.fill.filled import grey_level
from cleanplate.fill.frame import WorkFrame
from cleanplate.fill.geometry import Box, bounding_box, crop
from cleanplate.fill.judge import exposure
from cleanplate.fill.plan import Plan

#: What the picture of a frame counts for, by the power of how many frames away it is.
_LATE = 0.5
#: Grey levels by which pictures may differ before what is fine in them is strengthened less, and standard
#: deviation, in pixels of the clip, over which that is judged.
_ALIKE, _PATCH = 50.0, 1.0
#: How many times its Laplacian is taken from the picture at the most.
_MOST = 0.5
#: Sharpness that is aimed at, as a share of the sources': a little is missed where frames differ.
_GOAL = 1.25
#: Side, in pixels of the clip, of the area over which sharpness is compared.
_AREA = (5, 5)
#: Every so many working pixels around a hole are looked at for their exposure.
_STEP = 2


@dataclass(frozen=True)
class PaintedFrame:
    """A painted frame, and all that it takes to finish it and those beside it.

    Attributes:
        frame: the frame.
        box: the plan's box, in working pixels.
        painted: its hole.
        region: the box in pixels of the clip.
        picture: (h, w, 3), of the images' type, the region with the hole painted.
        lies: the `ways` to the frames beside it.
    """

    frame: WorkFrame
    box: Box
    painted: Painted
    region: Box
    picture: np.ndarray
    lies: dict[int, np.ndarray]


def painted_frame(plan: Plan, painted: Painted, lies: dict[int, np.ndarray]) -> PaintedFrame:
    """A frame as those beside it see it, once it is painted."""
    frame, hole = plan.frame, plan.frame.hole
    scale = [size / work for size, work in zip(hole.shape, frame.work_hole.shape, strict=True)]
    y0, y1, x0, x1 = plan.box
    # A box may reach beyond a frame of odd size by one working pixel.
    rows = [min(round(y * scale[0]), hole.shape[0]) for y in (y0, y1)]
    columns = [min(round(x * scale[1]), hole.shape[1]) for x in (x0, x1)]
    region = (*rows, *columns)
    picture = np.array(frame.image[slice(*rows), slice(*columns)])
    picture[crop(hole, region)] = painted.values
    return PaintedFrame(frame, plan.box, painted, region, picture, lies)


def finish(target: PaintedFrame, beside: dict[int, PaintedFrame]) -> np.ndarray:
    """Average a frame's hole with the frames beside it, and sharpen what they agree on.

    Args:
        target: the frame.
        beside: those beside it, by index.

    Returns:
        (n, 3), of the images' type, the pixels of the hole in the order of ``image[hole]``.
    """
    at, scale = places(target.frame, target.box)
    values = target.painted.values
    unit = grey_level(values.dtype)
    own = values.astype(np.float32)
    total, mass = own.copy(), np.ones(len(at), np.float32)
    unlike = np.zeros(len(at), np.float32)
    for i, other in beside.items():
        way = target.lies[i]
        _average_in(
            at, way, (other.box[0], other.box[2]), scale,
            other.picture, (other.region[0], other.region[2]),
            _exposure(target, other, way) * np.float32(unit), own,
            np.float32(_LATE ** abs(i - target.frame.index)), total, mass, unlike,
        )  # fmt: skip
    total /= mass[:, None]
    unlike /= np.maximum(mass - 1, 1e-6) * np.float32(unit**2)
    return _sharpened(target, total, unlike)


def _exposure(target: PaintedFrame, other: PaintedFrame, way: np.ndarray) -> np.ndarray:
    """What the exposure of another frame lacks, float32 (3,), by what both show around their holes."""
    way = way[::_STEP, ::_STEP] + np.float32([other.box[2], other.box[0]])
    there = cv2.remap(
        other.frame.rgb, way, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT
    )  # fmt: skip
    seen = cv2.remap(
        (~other.frame.near_hole).view(np.uint8), way, None, cv2.INTER_NEAREST,
        borderMode=cv2.BORDER_CONSTANT,
    )  # fmt: skip
    here, near = (
        np.ascontiguousarray(crop(picture, target.box)[::_STEP, ::_STEP])
        for picture in (target.frame.rgb, target.frame.near_hole)
    )
    return exposure(here, there[None], seen[None], near, 1)[0]


@njit(cache=True, nogil=True, fastmath=True)
def _average_in(
    at, way, place, scale, picture, corner, offset, own, late, total, mass, unlike
):  # pragma: no cover - compiled
    """Add what another frame was filled with, where each pixel lies in it, and how much it differs."""
    height, width, _ = picture.shape
    rgb = np.zeros(3, np.float32)
    half = np.float32(0.5)
    for i in range(at.shape[0]):
        # The way of the nearest pixel: between those of two layers there is none.
        ny, nx = int(at[i, 0] + half), int(at[i, 1] + half)
        y = way[ny, nx, 1] + at[i, 0] - ny + place[0]
        x = way[ny, nx, 0] + at[i, 1] - nx + place[1]
        v = (y + half) / scale[0] - half - corner[0]
        u = (x + half) / scale[1] - half - corner[1]
        if not (0 <= v <= height - 1 and 0 <= u <= width - 1):
            continue
        rgb[:] = 0
        sample(picture, (0, 0), (height, width), v, u, rgb, np.float32(1))
        mass[i] += late
        square = np.float32(0)
        for c in range(3):
            rgb[c] += offset[c]
            total[i, c] += late * rgb[c]
            square += (rgb[c] - own[i, c]) ** 2
        unlike[i] += late * square * np.float32(1 / 3)


def _sharpened(target: PaintedFrame, mean: np.ndarray, unlike: np.ndarray) -> np.ndarray:
    """The pixels of the hole, strengthened in what is fine.

    Args:
        target: the frame.
        mean: float32 (n, 3), what is in its hole.
        unlike: float32 (n,), by how much, squared, frames differ there, in grey levels.
    """
    hole = crop(target.frame.hole, target.region)
    box = bounding_box(hole, 2 * _AREA[0])
    hole = np.ascontiguousarray(crop(hole, box))
    picture = crop(target.picture, box).astype(np.float32)
    picture[hole] = mean
    wanted, differs = np.full(hole.shape, -1, np.float32), np.zeros(hole.shape, np.float32)
    wanted[hole], differs[hole] = target.painted.crisp, unlike
    edges = cv2.Laplacian(picture, cv2.CV_32F)
    light = cv2.transform(edges, np.full((1, 3), 1 / 3, np.float32))
    more = _amount(hole, light, wanted)
    inside = cv2.GaussianBlur(hole.astype(np.float32), (0, 0), _PATCH)
    differs = cv2.GaussianBlur(differs, (0, 0), _PATCH) / np.maximum(inside, 1e-3)
    more *= np.exp(differs * np.float32(-0.5 / _ALIKE**2))
    values = mean - more[hole][:, None] * edges[hole]
    kind = target.picture.dtype
    return np.clip(values + 0.5, 0, np.iinfo(kind).max).astype(kind)


def _amount(hole: np.ndarray, edges: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """How many times its Laplacian is to be taken from a picture to be as sharp as is wanted, 0 to _MOST.

    Args:
        hole: bool (h, w).
        edges: float32 (h, w), the Laplacian of the picture.
        wanted: the squared Laplacian that it should have, below 0 where that is not known.
    """
    finest = -cv2.Laplacian(edges, cv2.CV_32F)
    known = wanted >= 0
    wanted, there, both, square = (
        _around(part * of) / np.maximum(_around(of.astype(np.float32)), 1e-3)
        for part, of in (
            (wanted, known), (edges * edges, hole), (edges * finest, hole), (finest * finest, hole),
        )
    )  # fmt: skip
    # Energy of the sum: edges^2 + 2 k edges finest + k^2 finest^2.
    lacks, square = np.maximum(_GOAL * wanted - there, 0), np.maximum(square, 1e-6)
    return np.clip((np.sqrt(both * both + square * lacks) - both) / square, 0, _MOST)


def _around(picture: np.ndarray) -> np.ndarray:
    """Its mean around each pixel: of squares twice, since the edges of one would show."""
    return cv2.blur(cv2.blur(picture, _AREA), _AREA)
