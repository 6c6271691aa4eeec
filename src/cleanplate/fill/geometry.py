"""Plane motions and the coordinate maps that they make."""

from __future__ import annotations

import cv2
import numpy as np
from numba import njit

#: (y0, y1, x0, x1) in pixels, end-exclusive.
Box = tuple[int, int, int, int]
#: Pixels by which a richer motion must predict the flow better to be preferred.
WORTHWHILE = 0.05
#: From the pixels of the half resolution, at which motion is measured, to working pixels: the
#: middle of a half pixel lies between two working ones.
_TO_WHOLE = np.array([[2.0, 0.0, 0.5], [0.0, 2.0, 0.5], [0.0, 0.0, 1.0]])
_TO_HALF = np.linalg.inv(_TO_WHOLE)


def half_motion(motion: np.ndarray) -> np.ndarray:
    """A 3x3 plane motion between working pixels, as one between pixels of the half resolution."""
    return _TO_HALF @ motion @ _TO_WHOLE


def whole_motion(motion: np.ndarray) -> np.ndarray:
    """A 3x3 plane motion between pixels of the half resolution, as one between working pixels."""
    return _TO_WHOLE @ motion @ _TO_HALF


def even(box: Box, shape: tuple[int, int]) -> Box:
    """The box grown to whole pixels of the half resolution, as far as the frame reaches."""
    y0, y1, x0, x1 = box
    return y0 // 2 * 2, min(y1 + y1 % 2, shape[0]), x0 // 2 * 2, min(x1 + x1 % 2, shape[1])


def half_box(box: Box) -> Box:
    """An `even` box in pixels of the half resolution."""
    y0, y1, x0, x1 = box
    return y0 // 2, (y1 + 1) // 2, x0 // 2, (x1 + 1) // 2


def half_size(height: int, width: int) -> tuple[int, int]:
    """(height, width) of the half resolution."""
    return (height + 1) // 2, (width + 1) // 2


def pixel_grid(box: Box) -> np.ndarray:
    """float32 (h, w, 2): x and y of every pixel of `box` in the frame."""
    y0, y1, x0, x1 = box
    y, x = np.mgrid[y0:y1, x0:x1].astype(np.float32)
    return np.dstack([x, y])


@njit(cache=True, nogil=True, fastmath=True)
def _warp_map(a, y0, x0, step, out):  # pragma: no cover - compiled
    for j in range(out.shape[0]):
        y = y0 + j * step
        for i in range(out.shape[1]):
            x = x0 + i * step
            depth = a[2, 0] * x + a[2, 1] * y + a[2, 2]
            # A horizon through the frame would send pixels to infinity; they are invalid anyway.
            if abs(depth) < 1e-6:
                depth = 1e-6
            out[j, i, 0] = (a[0, 0] * x + a[0, 1] * y + a[0, 2]) / depth
            out[j, i, 1] = (a[1, 0] * x + a[1, 1] * y + a[1, 2]) / depth


def warp_map(transform: np.ndarray, box: Box, step: int = 1) -> np.ndarray:
    """Where a 3x3 plane motion takes every `step`-th pixel of `box`: float32 (h, w, 2), x then y."""
    y0, y1, x0, x1 = box
    out = np.empty((-(-(y1 - y0) // step), -(-(x1 - x0) // step), 2), np.float32)
    _warp_map(np.ascontiguousarray(transform, np.float64), y0, x0, step, out)
    return out


def affine3(matrix: np.ndarray) -> np.ndarray:
    """A 2x3 affine as a 3x3 plane motion."""
    return np.vstack([matrix, (0.0, 0.0, 1.0)])


def bounding_box(mask: np.ndarray, margin: int) -> Box | None:
    """The box around the True pixels, grown by `margin` and kept inside; None if there are none."""
    rows = np.flatnonzero(mask.any(axis=1))
    if rows.size == 0:
        return None
    cols = np.flatnonzero(mask.any(axis=0))
    height, width = mask.shape
    return (
        max(0, int(rows[0]) - margin),
        min(height, int(rows[-1]) + 1 + margin),
        max(0, int(cols[0]) - margin),
        min(width, int(cols[-1]) + 1 + margin),
    )


def crop(array: np.ndarray, box: Box) -> np.ndarray:
    """A view of `array` inside `box`."""
    y0, y1, x0, x1 = box
    return array[y0:y1, x0:x1]


def grown(mask: np.ndarray, by: int) -> np.ndarray:
    """A mask with all that is within so many pixels of it, bool."""
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * by + 1, 2 * by + 1))
    return cv2.dilate(mask.view(np.uint8), disc).view(bool)


def typical_length(shift: np.ndarray) -> float:
    """Mean length of (n, 2) shifts in pixels, each counted as at most 2, so outliers say little."""
    return float(np.minimum(np.hypot(shift[:, 0], shift[:, 1]), 2.0).mean())


def fit_camera(flow: np.ndarray, trusted: np.ndarray, step: int = 4) -> np.ndarray | None:
    """The homography that most of the trusted flow agrees with (MAGSAC++, Barath et al. 2020).

    Args:
        flow: float32 (h, w, 2) in pixels.
        trusted: bool (h, w), where the flow may be believed.
        step: spacing of the samples in pixels.

    Returns:
        float64 (3, 3), or None where too little is trusted to say.
    """
    height, width = trusted.shape
    ys, xs = np.mgrid[step // 2 : height : step, step // 2 : width : step]
    keep = trusted[ys, xs]
    ys, xs = ys[keep], xs[keep]
    if xs.size < 24:
        return None
    start = np.stack([xs, ys], 1).astype(np.float32)
    end = start + flow[ys, xs]
    transform, _ = cv2.findHomography(
        start, end, cv2.USAC_MAGSAC, 0.75, maxIters=400, confidence=0.99
    )
    if transform is None or not np.isfinite(transform).all():
        return None
    fitted = cv2.perspectiveTransform(start[None], transform)[0]
    if typical_length(end - start) <= typical_length(end - fitted) + WORTHWHILE:
        return np.eye(3)  # a still camera stays still: noise in the flow is not motion
    return transform / transform[2, 2]
