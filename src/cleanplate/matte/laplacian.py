"""Alpha as the smoothest function of colour that agrees with what is known of it.

Levin, Lischinski and Weiss, "A Closed-Form Solution to Natural Image Matting", PAMI 2008: within
any 3x3 window alpha is taken to be affine in colour, which is true wherever foreground and
background each vary along a line. The quadratic form that says so, the matting Laplacian, is never
written down as a matrix here: a product with it is, in every window, one small linear regression.
"""

from __future__ import annotations

import numba
import numpy as np
from numpy.typing import NDArray

F32 = NDArray[np.float32]

_jit = numba.njit(cache=True, nogil=True, fastmath={"contract", "arcp", "nsz"})


def solve(
    guide: F32,
    alpha: F32,
    free: NDArray[np.bool_],
    trust: F32,
    target: F32,
    *,
    epsilon: float = 1e-5,
    tolerance: float = 2e-3,
    rounds: int = 60,
) -> F32:
    """Minimise ``a' L a + sum(trust * (a - target)^2)`` over the pixels of `free`.

    Parameters
    ----------
    guide
        Colours, float32 (h, w, 3) in 0..1.
    alpha
        Float32 (h, w): known values outside `free`, a guess inside.
    free
        Bool (h, w): the pixels to solve for.
    trust, target
        Float32 (h, w): how much each pixel's alpha is held to which value; trust of 1 weighs about
        as much as the windows around a pixel do.
    epsilon
        Regularises each window's regression; about the variance of the colour's noise.
    tolerance
        Stop when the residual has fallen to this share of the first one.
    rounds
        Most steps of the conjugate gradients.

    Returns float32 (h, w) in 0..1, equal to `alpha` outside `free`.
    """
    result = alpha.astype(np.float32, copy=True)
    if not free.any():
        return result
    # One pixel around, so that windows never leave the picture.
    edge = ((1, 1), (1, 1))
    wide = np.pad(guide.astype(np.float32, copy=False), (*edge, (0, 0)), "edge")
    values = np.pad(result, edge, "edge")
    inside = np.pad(free, edge)
    near = _windows(inside, free.shape[0], free.shape[1])
    centres = np.flatnonzero(near).astype(np.int32)
    pixels = np.flatnonzero(inside).astype(np.int32)
    means, inverses = _statistics(wide.reshape(-1, 3), centres, wide.shape[1], np.float32(epsilon))
    place = np.full(inside.size, -1, np.int32)
    place[centres] = np.arange(len(centres), dtype=np.int32)
    held = np.ascontiguousarray(trust[free], np.float32)
    wanted = np.ascontiguousarray(target[free], np.float32)
    flat = values.reshape(-1)
    _descend(
        wide.reshape(-1, 3), flat, pixels, centres, place, means, inverses, held, wanted,
        wide.shape[1], np.float32(tolerance), rounds,
    )  # fmt: skip
    np.clip(values, 0, 1, out=values)
    return values[1:-1, 1:-1].copy()


@_jit
def _windows(inside, height, width):
    """The centres of the 3x3 windows within the picture that hold a free pixel."""
    near = np.zeros(inside.shape, np.bool_)
    for y in range(1, height + 1):
        for x in range(1, width + 1):
            if inside[y, x]:
                # A window at the picture's rim would hold repeated pixels: leave those out.
                for v in range(max(y - 1, 2), min(y + 1, height - 1) + 1):
                    for u in range(max(x - 1, 2), min(x + 1, width - 1) + 1):
                        near[v, u] = True
    return near


@_jit
def _statistics(guide, centres, stride, epsilon):
    """Each window's mean colour, and the inverse of its covariance, six numbers."""
    count = len(centres)
    means = np.empty((count, 3), np.float32)
    inverses = np.empty((count, 6), np.float32)
    ninth = 1.0 / 9.0
    for k in range(count):
        r = g = b = 0.0
        rr = rg = rb = gg = gb = bb = 0.0
        centre = centres[k]
        # Relative to the window's middle, or the squares would lose what little varies.
        r0, g0, b0 = guide[centre, 0], guide[centre, 1], guide[centre, 2]
        for dy in range(-1, 2):
            for dx in range(-1, 2):
                i = centre + dy * stride + dx
                x = guide[i, 0] - r0
                y = guide[i, 1] - g0
                z = guide[i, 2] - b0
                r += x
                g += y
                b += z
                rr += x * x
                rg += x * y
                rb += x * z
                gg += y * y
                gb += y * z
                bb += z * z
        r *= ninth
        g *= ninth
        b *= ninth
        means[k, 0] = r + r0
        means[k, 1] = g + g0
        means[k, 2] = b + b0
        a00 = rr * ninth - r * r + epsilon * ninth
        a11 = gg * ninth - g * g + epsilon * ninth
        a22 = bb * ninth - b * b + epsilon * ninth
        a01 = rg * ninth - r * g
        a02 = rb * ninth - r * b
        a12 = gb * ninth - g * b
        c00 = a11 * a22 - a12 * a12
        c01 = a02 * a12 - a01 * a22
        c02 = a01 * a12 - a02 * a11
        over = 1.0 / (a00 * c00 + a01 * c01 + a02 * c02)
        inverses[k, 0] = c00 * over
        inverses[k, 1] = c01 * over
        inverses[k, 2] = c02 * over
        inverses[k, 3] = (a00 * a22 - a02 * a02) * over
        inverses[k, 4] = (a01 * a02 - a00 * a12) * over
        inverses[k, 5] = (a00 * a11 - a01 * a01) * over
    return means, inverses


@_jit
def _product(guide, values, pixels, centres, place, means, inverses, stride, fits, out):
    """`out` = L `values` at the free pixels. `fits` is room for each window's regression."""
    ninth = np.float32(1.0 / 9.0)
    zero = np.float32(0.0)
    for k in range(len(centres)):
        centre = centres[k]
        m0, m1, m2 = means[k, 0], means[k, 1], means[k, 2]
        mean = c0 = c1 = c2 = zero
        for dy in range(-1, 2):
            row = centre + dy * stride
            for i in range(row - 1, row + 2):
                p = values[i]
                mean += p
                c0 += p * (guide[i, 0] - m0)
                c1 += p * (guide[i, 1] - m1)
                c2 += p * (guide[i, 2] - m2)
        c0 *= ninth
        c1 *= ninth
        c2 *= ninth
        fits[k, 0] = inverses[k, 0] * c0 + inverses[k, 1] * c1 + inverses[k, 2] * c2
        fits[k, 1] = inverses[k, 1] * c0 + inverses[k, 3] * c1 + inverses[k, 4] * c2
        fits[k, 2] = inverses[k, 2] * c0 + inverses[k, 4] * c1 + inverses[k, 5] * c2
        fits[k, 3] = mean * ninth
    for n in range(len(pixels)):
        i = pixels[n]
        p = values[i]
        r, g, b = guide[i, 0], guide[i, 1], guide[i, 2]
        total = zero
        for dy in range(-1, 2):
            row = i + dy * stride
            for j in range(row - 1, row + 2):
                k = place[j]
                if k >= 0:
                    total += (
                        p
                        - fits[k, 3]
                        - fits[k, 0] * (r - means[k, 0])
                        - fits[k, 1] * (g - means[k, 1])
                        - fits[k, 2] * (b - means[k, 2])
                    )
        out[n] = total


@_jit
def _diagonal(guide, pixels, place, means, inverses, stride, out):
    ninth = np.float32(1.0 / 9.0)
    for n in range(len(pixels)):
        i = pixels[n]
        total = np.float32(0.0)
        for dy in range(-1, 2):
            row = i + dy * stride
            for j in range(row - 1, row + 2):
                k = place[j]
                if k >= 0:
                    x = guide[i, 0] - means[k, 0]
                    y = guide[i, 1] - means[k, 1]
                    z = guide[i, 2] - means[k, 2]
                    form = (
                        inverses[k, 0] * x * x
                        + inverses[k, 3] * y * y
                        + inverses[k, 5] * z * z
                        + 2
                        * (inverses[k, 1] * x * y + inverses[k, 2] * x * z + inverses[k, 4] * y * z)
                    )
                    total += np.float32(1.0) - ninth * (np.float32(1.0) + form)
        out[n] = total


@_jit
def _descend(
    guide, values, pixels, centres, place, means, inverses, held, wanted, stride, tolerance, rounds
):
    """Conjugate gradients, scaled by the diagonal, in place on `values`."""
    count = len(pixels)
    fits = np.empty((len(centres), 4), np.float32)
    product = np.empty(count, np.float32)
    scale = np.empty(count, np.float32)
    residual = np.empty(count, np.float32)
    step = np.zeros(values.shape, np.float32)
    _diagonal(guide, pixels, place, means, inverses, stride, scale)
    _product(guide, values, pixels, centres, place, means, inverses, stride, fits, product)
    along = 0.0
    for n in range(count):
        scale[n] = np.float32(1.0) / (max(scale[n], np.float32(1e-4)) + held[n])
        residual[n] = held[n] * (wanted[n] - values[pixels[n]]) - product[n]
        z = scale[n] * residual[n]
        step[pixels[n]] = z
        along += residual[n] * z
    first = along
    if first <= 1e-12:
        return
    for _ in range(rounds):
        _product(guide, step, pixels, centres, place, means, inverses, stride, fits, product)
        curve = 0.0
        for n in range(count):
            product[n] += held[n] * step[pixels[n]]
            curve += step[pixels[n]] * product[n]
        if curve <= 0:
            return
        size = np.float32(along / curve)
        ahead = 0.0
        for n in range(count):
            values[pixels[n]] += size * step[pixels[n]]
            residual[n] -= size * product[n]
            ahead += residual[n] * residual[n] * scale[n]
        if ahead <= tolerance * tolerance * first:
            return
        turn = np.float32(ahead / along)
        along = ahead
        for n in range(count):
            step[pixels[n]] = scale[n] * residual[n] + turn * step[pixels[n]]
