"""The last fraction of a pixel between two pictures that nearly agree.

Lucas and Kanade, "An iterative image registration technique" (1981), on cells of a few pixels: only
pixels that count have a say, so a shift is that of what surrounds a hole and of the layer that is
followed, and it is continued smoothly to where nothing counts. Such shifts are steadier from frame
to frame than dense flow, which also follows noise, and cost a fraction of it.
"""

from __future__ import annotations

import cv2
import numpy as np
from numba import njit

#: Width of a cell, in pixels.
_CELL = 4
#: (cells across, weight) of the windows over which a shift is measured. Where the nearest holds
#: nothing to go by, being flat or hidden, the next one decides.
_WINDOWS = ((5, 1.0), (11, 1e-1), (25, 1e-2), (75, 1e-3))
#: Sums that are gathered of each cell: a number that the compiler knows, so that it unrolls the loops.
_SUMS = 9
_REACH = np.array([size // 2 for size, _ in _WINDOWS])
_SHARE = np.array([weight / size**2 for size, weight in _WINDOWS], np.float32)
#: Difference in grey levels at which a pixel counts half: it may show something else.
_UNLIKE = np.float32(12.0)
#: Squared slope, a pixel, below which a shift is rather taken to be none.
_FLAT = np.float32(0.3)


def align(
    own: np.ndarray,
    other: np.ndarray,
    counts: np.ndarray,
    grid: np.ndarray,
    steps: int,
    largest: float,
) -> np.ndarray:
    """Correct a map by what its two pictures still differ.

    Args:
        own: uint8 (h, w), what is seen.
        other: uint8, the picture that the map leads to.
        counts: bool (h, w), the pixels of `own` that have a say.
        grid: float32 (h, w, 2), the map: x and y in `other`.
        steps: Gauss-Newton steps, each with the pictures warped anew.
        largest: correction, in pixels, that is not exceeded.

    Returns:
        float32 (h, w, 2), the corrected map; `grid` itself where nothing counts.
    """
    if not counts.any():
        return grid
    own = np.ascontiguousarray(own)
    # A pixel's slopes take in the pixels beside it.
    cross = cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3))
    inner = cv2.erode(counts.view(np.uint8), cross).view(bool)
    rest = np.float32(0)
    moved = grid
    for _ in range(steps):
        warped = cv2.remap(other, moved, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        sums = _normal_equations(own, warped, inner)
        rest = np.clip(rest + _shifts(sums, _REACH, _SHARE), -largest, largest)
        moved = grid + _enlarged(rest, counts.shape)
    return moved


def _enlarged(cells: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """The shift of each pixel of a picture of `shape`, linear between those of the cells."""
    size = (cells.shape[1] * _CELL, cells.shape[0] * _CELL)
    return cv2.resize(cells, size, interpolation=cv2.INTER_LINEAR)[: shape[0], : shape[1]]


@njit(cache=True, nogil=True, fastmath=True)
def _normal_equations(own, warped, counts):  # pragma: no cover - compiled
    """The sums of each cell, of weights: by xx, xy, yy, x, y of the slopes, by the difference and
    the slopes with it, and alone."""
    height, width = own.shape
    rows, cols = (height + _CELL - 1) // _CELL, (width + _CELL - 1) // _CELL
    out = np.zeros((rows, cols, _SUMS), np.float32)
    half, scale = np.float32(0.25), 1 / (_UNLIKE * _UNLIKE)
    for row in range(rows):
        for col in range(cols):
            xx = xy = yy = sx = sy = xt = yt = st = mass = np.float32(0.0)
            for y in range(max(row * _CELL, 1), min((row + 1) * _CELL, height - 1)):
                for x in range(max(col * _CELL, 1), min((col + 1) * _CELL, width - 1)):
                    if not counts[y, x]:
                        continue
                    # The mean slope of both pictures: exact to the second order.
                    gx = half * (
                        np.int32(own[y, x + 1]) - own[y, x - 1]
                        + np.int32(warped[y, x + 1]) - warped[y, x - 1]
                    )  # fmt: skip
                    gy = half * (
                        np.int32(own[y + 1, x]) - own[y - 1, x]
                        + np.int32(warped[y + 1, x]) - warped[y - 1, x]
                    )  # fmt: skip
                    lacks = np.float32(np.int32(own[y, x]) - warped[y, x])
                    weight = 1 / (1 + lacks * lacks * scale)
                    wx, wy = weight * gx, weight * gy
                    xx += wx * gx
                    xy += wx * gy
                    yy += wy * gy
                    sx += wx
                    sy += wy
                    xt += wx * lacks
                    yt += wy * lacks
                    st += weight * lacks
                    mass += weight
            cell = out[row, col]
            cell[0], cell[1], cell[2], cell[3], cell[4] = xx, xy, yy, sx, sy
            cell[5], cell[6], cell[7], cell[8] = xt, yt, st, mass
    return out


@njit(cache=True, nogil=True, fastmath=True)
def _shifts(sums, reach, share):  # pragma: no cover - compiled
    """The shift of each cell, float32 (rows, cols, 2), by the sums over the windows around it.

    With a difference in brightness solved for as well, since exposure drifts.
    """
    rows, cols, _ = sums.shape
    before = np.zeros((rows + 1, cols + 1, _SUMS))  # of all cells above and to the left
    line, near = np.empty(_SUMS), np.empty(_SUMS)
    for y in range(rows):
        line[:] = 0
        for x in range(cols):
            for c in range(_SUMS):
                line[c] += sums[y, x, c]
                before[y + 1, x + 1, c] = before[y, x + 1, c] + line[c]
    shift = np.empty((rows, cols, 2), np.float32)
    for y in range(rows):
        for x in range(cols):
            near[:] = 0
            for n in range(reach.size):
                y0, y1 = max(y - reach[n], 0), min(y + reach[n] + 1, rows)
                x0, x1 = max(x - reach[n], 0), min(x + reach[n] + 1, cols)
                for c in range(_SUMS):
                    near[c] += share[n] * (
                        before[y1, x1, c]
                        - before[y0, x1, c]
                        - before[y1, x0, c]
                        + before[y0, x0, c]
                    )
            sx, sy, st, mass = near[3], near[4], near[7], near[8]
            unit = 1 / max(mass, np.float32(1e-6))
            xx = near[0] + _FLAT * mass - sx * sx * unit
            xy = near[1] - sx * sy * unit
            yy = near[2] + _FLAT * mass - sy * sy * unit
            xt = near[5] - sx * st * unit
            yt = near[6] - sy * st * unit
            unit = 1 / max(xx * yy - xy * xy, np.float32(1e-12))
            shift[y, x, 0] = (yy * xt - xy * yt) * unit
            shift[y, x, 1] = (xx * yt - xy * xt) * unit
    return shift
