"""Nearest patches by PatchMatch, and the picture that they vote for.

Barnes et al., "PatchMatch: a randomized correspondence algorithm for structural image editing"
(2009). A *target* is the centre of a patch that covers a missing pixel, a *source* the centre of a
patch that is wholly known; `place` holds, for every target, the row and column of its source.
Pictures are float32 (h, w, c) with any number of channels. All kernels work in place.
"""

from __future__ import annotations

import numpy as np
from numba import njit

#: Patches reach so many pixels from their centre: 7x7 pixels.
REACH = 3


@njit(cache=True, nogil=True, inline="always")
def _draw(state):  # pragma: no cover - compiled
    """The next of a stream of pseudo-random numbers (xorshift32; Marsaglia, 2003)."""
    x = state[0]
    x ^= (x << np.uint32(13)) & np.uint32(0xFFFFFFFF)
    x ^= x >> np.uint32(17)
    x ^= (x << np.uint32(5)) & np.uint32(0xFFFFFFFF)
    state[0] = x
    return x


@njit(cache=True, nogil=True, fastmath=True)
def distance(rows, channels, ty, tx, sy, sx, limit):  # pragma: no cover - compiled
    """Sum of squared differences of two patches; more than `limit` once it is known to be."""
    total = np.float32(0.0)
    span = (2 * REACH + 1) * channels
    t0, s0 = (tx - REACH) * channels, (sx - REACH) * channels
    for j in range(-REACH, REACH + 1):
        a, b = rows[ty + j], rows[sy + j]
        part = np.float32(0.0)
        for i in range(span):
            d = a[t0 + i] - b[s0 + i]
            part += d * d
        total += part
        if total > limit:
            return total
    return total


@njit(cache=True, nogil=True)
def start(image, targets, sources, place, cost, state):  # pragma: no cover - compiled
    """Give every target that has no source yet (row -1) one at random; measure all of them."""
    height, width, channels = image.shape
    rows = image.reshape(height, width * channels)
    for n in range(targets.shape[0]):
        y, x = targets[n]
        if place[y, x, 0] < 0:
            m = _draw(state) % np.uint32(sources.shape[0])
            place[y, x, 0], place[y, x, 1] = sources[m, 0], sources[m, 1]
        cost[y, x] = distance(rows, channels, y, x, place[y, x, 0], place[y, x, 1], np.inf)


@njit(cache=True, nogil=True, inline="always")
def _aside(toll, pull, y, x, sy, sx):  # pragma: no cover - compiled
    """What a source costs beside its distance."""
    down, across = np.float32(sy - y), np.float32(sx - x)
    return toll[sy, sx] + pull[0] * down * down + pull[1] * across * across


@njit(cache=True, nogil=True)
def search(
    image, targets, valid, toll, pull, place, cost, radius, state, passes
):  # pragma: no cover
    """Better sources for every target: from its neighbours, and at random ever nearer to its own.

    Args:
        image: float32 (h, w, c), the estimate; known pixels are as given.
        targets: int32 (n, 2), in raster order.
        valid: bool (h, w), the sources.
        toll: float32 (h, w), what using each source costs beside its distance.
        pull: float32 (2,), what it costs to lie away from the target, for each squared pixel down
            and across.
        place: int32 (h, w, 2), improved in place.
        cost: float32 (h, w), the distance that goes with `place`.
        radius: pixels, how far the random search begins to look.
        state: uint32 (1,), of the random numbers.
        passes: how often; directions alternate.
    """
    height, width, channels = image.shape
    rows = image.reshape(height, width * channels)
    for y, x in targets:
        cost[y, x] = distance(rows, channels, y, x, place[y, x, 0], place[y, x, 1], np.inf)
    count = targets.shape[0]
    for turn in range(passes):
        step = 1 if turn % 2 else -1
        for n in range(count):
            y, x = targets[n] if step < 0 else targets[count - 1 - n]
            by, bx = place[y, x, 0], place[y, x, 1]
            best = cost[y, x] + _aside(toll, pull, y, x, by, bx)
            for k in range(2):
                ny, nx = (y + step, x) if k else (y, x + step)
                if ny < 0 or nx < 0 or ny >= height or nx >= width or place[ny, nx, 0] < 0:
                    continue
                cy, cx = place[ny, nx, 0] + y - ny, place[ny, nx, 1] + x - nx
                if cy < 0 or cx < 0 or cy >= height or cx >= width or not valid[cy, cx]:
                    continue
                if cy == by and cx == bx:
                    continue
                aside = _aside(toll, pull, y, x, cy, cx)
                d = distance(rows, channels, y, x, cy, cx, best - aside) + aside
                if d < best:
                    best, by, bx = d, cy, cx
            reach = radius
            while reach >= 1:
                cy = by + np.int64(_draw(state) % np.uint32(2 * reach + 1)) - reach
                cx = bx + np.int64(_draw(state) % np.uint32(2 * reach + 1)) - reach
                reach //= 2
                if cy < 0 or cx < 0 or cy >= height or cx >= width or not valid[cy, cx]:
                    continue
                aside = _aside(toll, pull, y, x, cy, cx)
                d = distance(rows, channels, y, x, cy, cx, best - aside) + aside
                if d < best:
                    best, by, bx = d, cy, cx
            cost[y, x] = best - _aside(toll, pull, y, x, by, bx)
            place[y, x, 0], place[y, x, 1] = by, bx


@njit(cache=True, nogil=True, fastmath=True)
def vote(image, missing, targets, place, weight):  # pragma: no cover - compiled
    """Replace every missing pixel by the mean of what the patches that cover it say."""
    height, width, channels = image.shape
    total = np.zeros(image.shape, np.float32)
    mass = np.zeros((height, width), np.float32)
    for n in range(targets.shape[0]):
        y, x = targets[n]
        sy, sx = place[y, x]
        w = weight[y, x]
        for j in range(-REACH, REACH + 1):
            for i in range(-REACH, REACH + 1):
                if missing[y + j, x + i]:
                    mass[y + j, x + i] += w
                    for c in range(channels):
                        total[y + j, x + i, c] += w * image[sy + j, sx + i, c]
    for y in range(height):
        for x in range(width):
            if missing[y, x] and mass[y, x] > 0:
                for c in range(channels):
                    image[y, x, c] = total[y, x, c] / mass[y, x]
