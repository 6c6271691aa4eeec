"""The subject's own colour where it is mixed with the background's.

Germer, Uelwer, Conrad and Harmeling, "Fast Multi-Level Foreground Estimation", ICPR 2020: both
colours of every pixel, as smooth as alpha lets them be, from coarse to fine. Here both may also be
held to what is known of them: the background to the plate, the foreground to its own in the frame
before.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numba
import numpy as np
from numpy.typing import NDArray

F32 = NDArray[np.float32]

_jit = numba.njit(cache=True, nogil=True, fastmath={"contract", "arcp", "nsz"})

_SMOOTH = 1e-5  # what neighbours weigh at least; and, below, for each step of alpha between them
_ALONG = 0.3
_SMALL = 32  # pixels: levels up to this size take `_SMALL_ROUNDS`, larger ones `_ROUNDS`
_SMALL_ROUNDS = 10
_ROUNDS = 2
_MORE_ROUNDS = 20  # over the mixed pixels: colours travel far there, a pixel a round
_NEAR = 1.0  # pixels around a mixed one that its colour is averaged with
_ENOUGH = 1e-3  # of the subject around it, for that
_CLEAR = 0.9  # alpha above which a pixel's own colour is as good as its neighbours'
_PURE = 0.004  # alpha this near to 0 or 1 is not mixed


@dataclass(frozen=True)
class Known:
    """What a colour is held to: `colour` float32 (h, w, 3) in 0..1 and `trust` float32 (h, w);
    a trust of 1 weighs as much as the pixel's own colour."""

    colour: F32 = field(repr=False)
    trust: F32 = field(repr=False)


def foreground_of(
    image: F32, alpha: F32, front: Known | None = None, back: Known | None = None
) -> tuple[F32, F32]:
    """Foreground and background colours, float32 (h, w, 3) in 0..1.

    `image` is float32 (h, w, 3) in 0..1, `alpha` float32 (h, w) in 0..1.
    """
    height, width = alpha.shape
    levels = max(1, int(np.ceil(np.log2(max(height, width)))))
    ahead = behind = None
    for level in range(levels + 1):
        w = max(1, round(width ** (level / levels)))
        h = max(1, round(height ** (level / levels)))
        small, cover = _at(image, w, h), _at(alpha, w, h)
        if ahead is None:
            ahead, behind = _mean(image, alpha), _mean(image, 1 - alpha)
        ahead, behind = _nearest(ahead, w, h), _nearest(behind, w, h)
        rounds = _SMALL_ROUNDS if max(w, h) <= _SMALL else _ROUNDS
        _relax(
            small,
            cover,
            ahead,
            behind,
            *_held(front, w, h),
            *_held(back, w, h),
            rounds,
            _MORE_ROUNDS,
        )
    return _steadied(ahead, alpha), behind


def _steadied(front: F32, alpha: F32) -> F32:
    """The foreground with the colour of mixed pixels averaged with their neighbours': the less of the
    subject is in a pixel, the more of noise and of what was behind is in what is found of its colour.
    """
    weight = alpha * alpha
    near = cv2.GaussianBlur(weight, (0, 0), _NEAR)
    mean = (
        cv2.GaussianBlur(front * weight[..., None], (0, 0), _NEAR)
        / np.maximum(near, 1e-6)[..., None]
    )
    own = np.where(near > _ENOUGH, np.minimum(alpha / _CLEAR, 1), np.float32(1))[..., None]
    return mean + own * (front - mean)


def _mean(image: F32, weight: F32) -> F32:
    total = max(float(weight.sum()), 1e-6)
    return (np.einsum("ijk,ij->k", image, weight) / total).astype(np.float32)[None, None]


def _at(values: F32, width: int, height: int) -> F32:
    if values.shape[:2] == (height, width):
        return np.ascontiguousarray(values, np.float32)
    return cv2.resize(values, (width, height), interpolation=cv2.INTER_AREA)


def _nearest(values: F32, width: int, height: int) -> F32:
    rows = np.minimum(np.arange(height) * values.shape[0] // height, values.shape[0] - 1)
    columns = np.minimum(np.arange(width) * values.shape[1] // width, values.shape[1] - 1)
    return np.ascontiguousarray(values[rows[:, None], columns[None]])


def _held(known: Known | None, width: int, height: int) -> tuple[F32, F32]:
    if known is None:
        return np.zeros((1, 1, 3), np.float32), np.zeros((1, 1), np.float32)
    return _at(known.colour, width, height), _at(known.trust, width, height)


@_jit
def _relax(image, alpha, front, back, front_at, front_trust, back_at, back_trust, rounds, more):
    """Gauss-Seidel: each pixel's two colours, the neighbours' held, in place, to and fro.

    `rounds` over all pixels and `more` over the mixed ones, whose colours have far to go.
    """
    height, width = alpha.shape
    mixed = np.empty(height * width, np.int32)
    count = 0
    for i in range(height * width):
        a = alpha[i // width, i % width]
        if _PURE < a < 1 - _PURE:
            mixed[count] = i
            count += 1
    for turn in range(rounds):
        for n in range(height * width):
            i = n if turn % 2 == 0 else height * width - 1 - n
            _settle(
                i // width, i % width,
                image, alpha, front, back, front_at, front_trust, back_at, back_trust,
            )  # fmt: skip
    for turn in range(more):
        for n in range(count):
            i = mixed[n] if turn % 2 == 0 else mixed[count - 1 - n]
            _settle(
                i // width, i % width,
                image, alpha, front, back, front_at, front_trust, back_at, back_trust,
            )  # fmt: skip


@numba.njit(cache=True, nogil=True, fastmath={"contract", "arcp", "nsz"}, inline="always")
def _settle(y, x, image, alpha, front, back, front_at, front_trust, back_at, back_trust):
    """The two colours of one pixel that fit it and its neighbours best."""
    height, width = alpha.shape
    one, zero = np.float32(1.0), np.float32(0.0)
    a = alpha[y, x]
    rest = one - a
    p, q, r = a * a, a * rest, rest * rest
    f0, f1, f2 = a * image[y, x, 0], a * image[y, x, 1], a * image[y, x, 2]
    b0, b1, b2 = rest * image[y, x, 0], rest * image[y, x, 1], rest * image[y, x, 2]
    for side in range(4):
        v = y + (1 if side == 0 else (-1 if side == 1 else 0))
        u = x + (1 if side == 2 else (-1 if side == 3 else 0))
        v = min(max(v, 0), height - 1)
        u = min(max(u, 0), width - 1)
        tie = np.float32(_SMOOTH) + np.float32(_ALONG) * abs(a - alpha[v, u])
        p += tie
        r += tie
        f0 += tie * front[v, u, 0]
        f1 += tie * front[v, u, 1]
        f2 += tie * front[v, u, 2]
        b0 += tie * back[v, u, 0]
        b1 += tie * back[v, u, 1]
        b2 += tie * back[v, u, 2]
    if front_trust.shape[0] == height and front_trust.shape[1] == width:
        t = front_trust[y, x]
        p += t
        f0 += t * front_at[y, x, 0]
        f1 += t * front_at[y, x, 1]
        f2 += t * front_at[y, x, 2]
    if back_trust.shape[0] == height and back_trust.shape[1] == width:
        t = back_trust[y, x]
        r += t
        b0 += t * back_at[y, x, 0]
        b1 += t * back_at[y, x, 1]
        b2 += t * back_at[y, x, 2]
    over = one / (p * r - q * q)
    front[y, x, 0] = min(max((r * f0 - q * b0) * over, zero), one)
    front[y, x, 1] = min(max((r * f1 - q * b1) * over, zero), one)
    front[y, x, 2] = min(max((r * f2 - q * b2) * over, zero), one)
    back[y, x, 0] = min(max((p * b0 - q * f0) * over, zero), one)
    back[y, x, 1] = min(max((p * b1 - q * f1) * over, zero), one)
    back[y, x, 2] = min(max((p * b2 - q * f2) * over, zero), one)
