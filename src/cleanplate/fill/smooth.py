"""Values known in places, spread smoothly to where they are not.

Three tools with one purpose: normalised convolution at several scales (Knutsson and Westin,
"Normalized and differential convolution", 1993) for confidences and colour offsets, pull-push
(Gortler et al., "The Lumigraph", 1996) for motion, and the harmonic fill, the membrane of least
energy spanned by the border of a hole, for colour.
"""

from __future__ import annotations

import cv2
import numpy as np
from numba import njit

#: (standard deviation in samples, weight): near evidence outweighs far evidence tenfold.
_SCALES = ((1.2, 1.0), (3.0, 1e-1), (8.0, 1e-2), (24.0, 1e-3))

#: OpenCV takes at most 128 channels at once (CV_CN_MAX).
_MOST_CHANNELS = 128


def blur(field: np.ndarray, sigma: float, reach: int | None = None) -> np.ndarray:
    """Gaussian blur of (h, w) or (h, w, ...), every channel alike, over `reach` samples each way, by
    default three standard deviations."""
    size = 2 * (int(3 * sigma + 0.5) if reach is None else reach) + 1
    flat = np.ascontiguousarray(field).reshape(*field.shape[:2], -1)
    blurred = np.empty_like(flat)
    for start in range(0, flat.shape[2], _MOST_CHANNELS):
        part = flat[..., start : start + _MOST_CHANNELS]
        blurred[..., start : start + _MOST_CHANNELS] = cv2.GaussianBlur(
            np.ascontiguousarray(part), (size, size), sigma
        ).reshape(part.shape)
    return blurred.reshape(field.shape)


def spread(value: np.ndarray, weight: np.ndarray, prior: float, strength: float) -> np.ndarray:
    """Weighted local means of `value`, reaching far where nothing is near.

    Args:
        value: float32 (h, w, ...), already multiplied by `weight`.
        weight: float32, at least 0, of a shape that broadcasts to that of `value`.
        prior: what to return where no weight reaches.
        strength: the weight that the prior has.

    Returns:
        float32, the shape of `value`.
    """
    total = np.full(value.shape, prior * strength, np.float32)
    mass = np.full(weight.shape, strength, np.float32)
    for sigma, share in _SCALES:
        total += share * blur(value, sigma)
        mass += share * blur(weight, sigma)
    return total / mass


def pull_push(value: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Fill in a sparse field: average down until something is known, interpolate back up.

    Args:
        value: float32 (h, w, c).
        weight: float32 (h, w), 0 where unknown, 1 where known.

    Returns:
        float32 (h, w, c): `value` where the weight is 1, a smooth continuation elsewhere.
    """
    levels = [(value * weight[..., None], weight)]
    while min(levels[-1][1].shape) > 2:
        total, mass = levels[-1]
        levels.append((cv2.pyrDown(total), cv2.pyrDown(mass)))
    total, mass = levels[-1]
    out = total.reshape(*mass.shape, -1) / np.maximum(mass, 1e-6)[..., None]
    for total, mass in levels[-2::-1]:
        height, width = mass.shape
        coarse = cv2.pyrUp(out, dstsize=(width, height)).reshape(height, width, -1)
        trust = np.minimum(mass * 4, 1)[..., None]
        fine = total.reshape(height, width, -1) / np.maximum(mass, 1e-6)[..., None]
        out = trust * fine + (1 - trust) * coarse
    return out


@njit(cache=True, nogil=True, fastmath=True)
def _relax(image, ys, xs, sweeps, over):  # pragma: no cover - compiled
    """Successive over-relaxation of Laplace's equation at the pixels given, in place."""
    height, width, channels = image.shape
    if height * width == 1:
        return
    over, quarter = np.float32(over), np.float32(0.25)
    for _ in range(sweeps):
        for p in range(ys.size):
            y, x = ys[p], xs[p]
            if 0 < y < height - 1 and 0 < x < width - 1:
                for c in range(channels):
                    mean = quarter * (
                        image[y - 1, x, c]
                        + image[y + 1, x, c]
                        + image[y, x - 1, c]
                        + image[y, x + 1, c]
                    )
                    image[y, x, c] += over * (mean - image[y, x, c])
                continue
            # Beyond the frame there is nothing.
            count = np.float32((y > 0) + (y < height - 1) + (x > 0) + (x < width - 1))
            for c in range(channels):
                total = np.float32(0)
                if y > 0:
                    total += image[y - 1, x, c]
                if y < height - 1:
                    total += image[y + 1, x, c]
                if x > 0:
                    total += image[y, x - 1, c]
                if x < width - 1:
                    total += image[y, x + 1, c]
                image[y, x, c] += over * (total / count - image[y, x, c])


def harmonic_fill(image: np.ndarray, hole: np.ndarray, sweeps: int = 40) -> np.ndarray:
    """The smoothest continuation of an image into a hole (Laplace's equation).

    Args:
        image: (h, w, c), any numeric type; what it holds inside the hole is ignored.
        hole: bool (h, w).
        sweeps: relaxation sweeps after the pull-push start.

    Returns:
        float32 (h, w, c), equal to `image` outside the hole.
    """
    known = (~hole).astype(np.float32)
    out = pull_push(image.astype(np.float32), known).reshape(image.shape)
    out[~hole] = image[~hole]
    out = np.ascontiguousarray(out, np.float32)
    _relax(out, *np.nonzero(hole), sweeps, 1.8)
    return out
