"""One source for every missing pixel, in pieces that meet where it shows least, without steps.

The pieces are labels of a shift map (Pritch, Kav-Venaki and Peleg, "Shift-map image editing",
2009), the cost of a seam is that of Kwatra et al., "Graphcut textures" (2003), and what steps are
left are spread by Poisson's equation (Perez, Gangnet and Blake, "Poisson image editing", 2003).
Shifts are (rows, columns) from a missing pixel to the known pixel that is copied to it.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from cleanplate.fill.patchmatch import REACH

# Squared grey levels, summed over the colours.
_SEAM = np.float32(300.0)  # for every pixel that a seam is long, so that pieces stay whole
_NO_SEAM = np.float32(3000.0)  # where a piece would go on into what may not be copied


@njit(cache=True, nogil=True, fastmath=True, inline="always")
def _square(image, ay, ax, by, bx):  # pragma: no cover - compiled
    total = np.float32(0.0)
    for c in range(3):
        d = image[ay, ax, c] - image[by, bx, c]
        total += d * d
    return total


@njit(cache=True, nogil=True, fastmath=True, inline="always")
def _usable(known, y, x):  # pragma: no cover - compiled
    return 0 <= y < known.shape[0] and 0 <= x < known.shape[1] and known[y, x]


@njit(cache=True, nogil=True, fastmath=True)
def _price(image, known, estimate, shift, y, x, sy, sx, smooth):  # pragma: no cover - compiled
    """What it costs to copy (y, x) from (y + sy, x + sx): misfit, and seams to four neighbours."""
    total = np.float32(0.0)
    for c in range(3):
        d = image[y + sy, x + sx, c] - estimate[y, x, c]
        total += d * d
    for k in range(4):
        ny, nx = y + (k == 1) - (k == 0), x + (k == 3) - (k == 2)
        if ny < 0 or nx < 0 or ny >= image.shape[0] or nx >= image.shape[1]:
            continue
        ty, tx = shift[ny, nx]
        if ty == sy and tx == sx:
            continue
        seam = np.float32(0.0)
        if _usable(known, ny + sy, nx + sx):
            seam += _square(image, ny + sy, nx + sx, ny + ty, nx + tx)
        else:
            seam += _NO_SEAM
        if _usable(known, y + ty, x + tx):
            seam += _square(image, y + ty, x + tx, y + sy, x + sx)
        elif ty != 0 or tx != 0:
            seam += _NO_SEAM
        total += smooth * (seam + _SEAM)
    return total


@njit(cache=True, nogil=True, fastmath=True)
def choose(image, known, missing, estimate, place, weight, passes, smooth):  # pragma: no cover
    """The shift of every pixel: int32 (h, w, 2), 0 where known.

    Begins with the patch that is believed most, then lets each pixel take over its neighbours'
    shifts, or that of any patch that covers it, while that costs less (iterated conditional modes).

    Args:
        image: float32 (h, w, 3), of which only known pixels are read.
        known: bool (h, w), what may be copied.
        missing: bool (h, w), what is to be copied to.
        estimate: float32 (h, w, 3), what the pixels should be like.
        place: int32 (h, w, 2), sources of the patches by their centres, row -1 where there is none.
        weight: float32 (h, w), how far each patch is believed.
        passes: how often every pixel is looked at.
        smooth: how much a seam counts beside a misfit.
    """
    height, width = missing.shape
    shift = np.zeros((height, width, 2), np.int32)
    settled = ~missing
    for y in range(height):
        for x in range(width):
            if not missing[y, x]:
                continue
            best = np.float32(-1.0)
            for j in range(max(y - REACH, 0), min(y + REACH + 1, height)):
                for i in range(max(x - REACH, 0), min(x + REACH + 1, width)):
                    if place[j, i, 0] >= 0 and weight[j, i] > best:
                        best = weight[j, i]
                        shift[y, x, 0] = place[j, i, 0] - j
                        shift[y, x, 1] = place[j, i, 1] - i
                        settled[y, x] = True
    for turn in range(passes):
        for m in range(height):
            y = height - 1 - m if turn % 2 else m
            for n in range(width):
                x = width - 1 - n if turn % 2 else n
                if not (missing[y, x] and settled[y, x]):
                    continue
                by, bx = shift[y, x]
                best = _price(image, known, estimate, shift, y, x, by, bx, smooth)
                for k in range(17):
                    if k < 8:
                        j, i = y + (k % 3) - 1, x + (k // 3) - 1
                        if k == 4:
                            j, i = y + 1, x + 1
                        if j < 0 or i < 0 or j >= height or i >= width or not missing[j, i]:
                            continue
                        sy, sx = shift[j, i]
                    else:
                        j, i = y + ((k - 8) % 3 - 1) * REACH, x + ((k - 8) // 3 - 1) * REACH
                        if j < 0 or i < 0 or j >= height or i >= width or place[j, i, 0] < 0:
                            continue
                        sy, sx = place[j, i, 0] - j, place[j, i, 1] - i
                    if (sy == by and sx == bx) or not _usable(known, y + sy, x + sx):
                        continue
                    price = _price(image, known, estimate, shift, y, x, sy, sx, smooth)
                    if price < best:
                        best, by, bx = price, sy, sx
                shift[y, x, 0], shift[y, x, 1] = by, bx
    return shift


@njit(cache=True, nogil=True, fastmath=True)
def copy(image, missing, shift, out):  # pragma: no cover - compiled
    """Copy every missing pixel that has a shift."""
    for y in range(missing.shape[0]):
        for x in range(missing.shape[1]):
            if missing[y, x] and (shift[y, x, 0] != 0 or shift[y, x, 1] != 0):
                for c in range(3):
                    out[y, x, c] = image[y + shift[y, x, 0], x + shift[y, x, 1], c]


@njit(cache=True, nogil=True, fastmath=True)
def steps(image, known, missing, shift, copied, most):  # pragma: no cover - compiled
    """How far the copy's differences between neighbours are from those of its sources.

    Returns float32 (h, w, 2, 3): for (y, x) the step too much towards the next column and towards
    the next row, at most `most` in size, zero between pixels that have the same shift.
    """
    height, width = missing.shape
    out = np.zeros((height, width, 2, 3), np.float32)
    for y in range(height):
        for x in range(width):
            for k in range(2):
                ny, nx = y + k, x + 1 - k
                if ny >= height or nx >= width or not (missing[y, x] or missing[ny, nx]):
                    continue
                ay, ax = shift[y, x]
                by, bx = shift[ny, nx]
                if ay == by and ax == bx:
                    continue
                for c in range(3):
                    wanted, count = np.float32(0.0), 0
                    if missing[y, x] and _usable(known, ny + ay, nx + ax):
                        wanted += image[ny + ay, nx + ax, c] - image[y + ay, x + ax, c]
                        count += 1
                    if missing[ny, nx] and _usable(known, y + by, x + bx):
                        wanted += image[ny + by, nx + bx, c] - image[y + by, x + bx, c]
                        count += 1
                    if count:
                        step = copied[ny, nx, c] - copied[y, x, c] - wanted / count
                        out[y, x, k, c] = min(max(step, -most), most)
    return out


@njit(cache=True, nogil=True, fastmath=True)
def level(correction, missing, step, sweeps, over):  # pragma: no cover - compiled
    """Solve for the smoothest correction of the missing pixels that takes the steps out."""
    height, width, channels = correction.shape
    for _ in range(sweeps):
        for y in range(height):
            for x in range(width):
                if not missing[y, x]:
                    continue
                for c in range(channels):
                    total = np.float32(0.0)
                    count = 0
                    if y > 0:
                        total += correction[y - 1, x, c] - step[y - 1, x, 1, c]
                        count += 1
                    if y < height - 1:
                        total += correction[y + 1, x, c] + step[y, x, 1, c]
                        count += 1
                    if x > 0:
                        total += correction[y, x - 1, c] - step[y, x - 1, 0, c]
                        count += 1
                    if x < width - 1:
                        total += correction[y, x + 1, c] + step[y, x, 0, c]
                        count += 1
                    correction[y, x, c] += over * (total / count - correction[y, x, c])
