"""Which colours of the subject and of the background, seen nearby, a mixed pixel is made of.

Gastal and Oliveira, "Shared Sampling for Real-Time Alpha Matting", Eurographics 2010: rays from each
undecided pixel find the nearest sure ones in every direction; of all pairs of a foreground and a
background colour the one is taken that the pixel lies between and that is near; and neighbours, whose
rays went other ways, offer theirs.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numba
import numpy as np
from numpy.typing import NDArray

from cleanplate.matte.trimap import Trimap

F32 = NDArray[np.float32]

_jit = numba.njit(cache=True, nogil=True, fastmath={"contract", "arcp", "nsz"})

_RAYS = 12
_TURNS = 9  # pixels of a 3x3 block look in directions that lie between each other's
_REACH = 0.1  # of the longest side: how far a ray goes
_DEEPER = 8  # pixels behind the first sure one: what every other ray takes, farther from the edge
_NOISE = 1e-3  # squared distance of colours that counts as much as the way to the nearest samples
_FAR = 0.3  # what twice that way costs
_SHARING = ((2, 1), (2, 2))  # how many neighbours each way, and how far apart they are, in turn
_APART = 0.05  # squared distance of two colours in 0..1 at which they are half told apart
_MISFIT = 0.01  # squared distance of a colour from the line between foreground and background


@dataclass(frozen=True)
class Pairs:
    """What the pixels of a band are made of: `front` and `back`, float32 (h, w, 3) in 0..1, the
    image's own outside the band; the `alpha` that mixes them, and its `trust`, float32 (h, w)."""

    front: F32 = field(repr=False)
    back: F32 = field(repr=False)
    alpha: F32 = field(repr=False)
    trust: F32 = field(repr=False)


def sample(image: F32, trimap: Trimap) -> Pairs:
    """The best pairs for the band of a trimap; `image` is float32 (h, w, 3) in 0..1."""
    kind = np.where(trimap.inside, 1, np.where(trimap.outside, 0, 2)).astype(np.uint8)
    places = np.flatnonzero(kind == 2).astype(np.int32)
    reach = max(8, round(_REACH * max(kind.shape)))
    first, second = _pairs(image, kind, places, reach)
    flat = image.reshape(-1, 3)
    own, found = flat[places], (first >= 0) & (second >= 0)
    front = np.where(found[:, None], flat[first], own)
    back = np.where(found[:, None], flat[second], own)
    value, trust = between(own, front, back, _APART)
    result = Pairs(
        image.copy(), image.copy(), trimap.inside.astype(np.float32), np.zeros_like(image[..., 0])
    )
    result.front.reshape(-1, 3)[places] = front
    result.back.reshape(-1, 3)[places] = back
    result.alpha.reshape(-1)[places] = value
    result.trust.reshape(-1)[places] = trust * found
    return result


def between(colour: F32, front: F32, back: F32, apart: float) -> tuple[F32, F32]:
    """Where colours, float32 (..., 3), lie on the way from `back` to `front`, in 0..1; and how far
    that can be trusted: less where the two are like each other (a squared distance of `apart` is
    half) or the colour is off the line between them."""
    way = front - back
    length = np.einsum("...k,...k->...", way, way)
    share = np.einsum("...k,...k->...", colour - back, way) / np.maximum(length, 1e-4)
    value = np.clip(share, 0, 1)
    rest = colour - back - value[..., None] * way
    misfit = np.einsum("...k,...k->...", rest, rest)
    trust = length / (length + np.float32(apart)) * np.exp(-misfit / np.float32(_MISFIT))
    return value.astype(np.float32), trust.astype(np.float32)


@_jit
def _pairs(image, kind, places, reach):
    """For each place the indices of the best foreground and background pixel, -1 for none."""
    height, width = kind.shape
    count = len(places)
    fronts = np.empty((count, _RAYS), np.int32)
    backs = np.empty((count, _RAYS), np.int32)
    ahead, behind = np.zeros(count, np.int32), np.zeros(count, np.int32)
    near_front = np.full(count, np.float32(reach))
    near_back = np.full(count, np.float32(reach))
    first, second = np.full(count, -1, np.int32), np.full(count, -1, np.int32)
    cost = np.full(count, np.float32(np.inf))
    index = np.full(height * width, -1, np.int32)
    for i in range(count):
        place = places[i]
        index[place] = i
        y, x = place // width, place % width
        turn = (y % 3) * 3 + x % 3
        for ray in range(_RAYS):
            angle = 2 * np.pi * (ray + turn / _TURNS) / _RAYS
            down, along = np.sin(angle), np.cos(angle)
            for step in range(1, reach + 1):
                v, u = int(np.rint(y + down * step)), int(np.rint(x + along * step))
                if v < 0 or v >= height or u < 0 or u >= width:
                    break
                what = kind[v, u]
                if what == 2:
                    continue
                at = v * width + u
                # Every other ray goes on a little, to what is not so near the edge.
                w = int(np.rint(y + down * (step + _DEEPER)))
                t = int(np.rint(x + along * (step + _DEEPER)))
                if (ray + turn) % 2 and 0 <= w < height and 0 <= t < width and kind[w, t] == what:
                    at = w * width + t
                if what == 1:
                    near_front[i] = min(near_front[i], step)
                    fronts[i, ahead[i]] = at
                    ahead[i] += 1
                else:
                    near_back[i] = min(near_back[i], step)
                    backs[i, behind[i]] = at
                    behind[i] += 1
                break
        for a in range(ahead[i]):
            for b in range(behind[i]):
                f, g = fronts[i, a], backs[i, b]
                c = _cost(image, place, f, g, near_front[i], near_back[i])
                if c < cost[i]:
                    cost[i], first[i], second[i] = c, f, g
    for around, apart in _SHARING:
        for i in range(count):
            y, x = places[i] // width, places[i] % width
            for dy in range(-around, around + 1):
                for dx in range(-around, around + 1):
                    v, u = y + dy * apart, x + dx * apart
                    if v < 0 or v >= height or u < 0 or u >= width:
                        continue
                    j = index[v * width + u]
                    if j < 0 or first[j] < 0:
                        continue
                    c = _cost(image, places[i], first[j], second[j], near_front[i], near_back[i])
                    if c < cost[i]:
                        cost[i], first[i], second[i] = c, first[j], second[j]
    return first, second


@numba.njit(cache=True, nogil=True, fastmath={"contract", "arcp", "nsz"}, inline="always")
def _cost(image, place, front, back, near_front, near_back):
    """How badly a pixel lies between two others' colours, and how far away they are."""
    width = image.shape[1]
    y, x = place // width, place % width
    fy, fx, by, bx = front // width, front % width, back // width, back % width
    length = share = np.float32(0.0)
    for c in range(3):
        way = image[fy, fx, c] - image[by, bx, c]
        length += way * way
        share += (image[y, x, c] - image[by, bx, c]) * way
    alpha = min(max(share / max(length, np.float32(1e-4)), np.float32(0.0)), np.float32(1.0))
    off = np.float32(0.0)
    for c in range(3):
        rest = image[y, x, c] - image[by, bx, c]
        rest -= alpha * (image[fy, fx, c] - image[by, bx, c])
        off += rest * rest
    far = np.sqrt(np.float32((fy - y) ** 2 + (fx - x) ** 2)) / max(near_front, np.float32(1.0))
    far += np.sqrt(np.float32((by - y) ** 2 + (bx - x) ** 2)) / max(near_back, np.float32(1.0))
    return np.float32(off / _NOISE + _FAR * far)
