"""How far a matte is from the truth, as the paper on Robust Video Matting measures it.

Lin, Yang, Saleemi and Sengupta, WACV 2022, and their evaluation's own scaling: MAD and MSE times a
thousand, Grad and Conn (Rhemann et al., CVPR 2009) divided by a thousand, dtSSD (Erofeev et al., BMVC
2015) times a hundred. Mattes are float32 (n, h, w) in 0..1.
"""

from __future__ import annotations

import itertools

import cv2
import numpy as np

MIXED = (0.05, 0.95)
"""Alpha between which a pixel's colour is a mixture."""

_SIGMA = 1.4  # pixels, of the gradient's Gaussian
_STEP = 0.1  # of the thresholds of connectivity
_LEAST = 0.15  # a difference in connectivity below it doesn't count


def matte_scores(found: np.ndarray, truth: np.ndarray) -> dict[str, float]:
    """Every measure of a clip's mattes: the mean over frames, or over pairs of neighbours."""
    pairs = list(zip(found.astype(np.float32), truth.astype(np.float32), strict=True))
    changes = itertools.pairwise(pairs)
    return {
        "mad": 1e3 * float(np.mean([np.abs(a - b).mean() for a, b in pairs])),
        "mse": 1e3 * float(np.mean([((a - b) ** 2).mean() for a, b in pairs])),
        "grad": float(np.mean([gradient_error(a, b) for a, b in pairs])),
        "conn": float(np.mean([connectivity_error(a, b) for a, b in pairs])),
        "dtssd": float(np.mean([_change_error(one, two) for one, two in changes] or [np.nan])),
    }


def gradient_error(found: np.ndarray, truth: np.ndarray) -> float:
    """The squared difference of gradient magnitudes, summed, in thousands."""
    return float(((_gradient(truth) - _gradient(found)) ** 2).sum()) / 1000


def connectivity_error(found: np.ndarray, truth: np.ndarray) -> float:
    """How much of either matte hangs together with the body of both less than the other's does."""
    steps = np.arange(0, 1 + _STEP, _STEP)
    joined = -np.ones_like(truth)
    for below, level in itertools.pairwise(steps):
        shared = ((truth >= level) & (found >= level)).astype(np.uint8)
        _, labels, stats, _ = cv2.connectedComponentsWithStats(shared, connectivity=4)
        body = np.zeros(truth.shape, bool)
        if len(stats) > 1:
            body = labels == 1 + int(np.argmax(stats[1:, cv2.CC_STAT_AREA]))
        joined[(joined == -1) & ~body] = below
    joined[joined == -1] = 1
    loose = [matte - joined for matte in (truth, found)]
    kept = [1 - part * (part >= _LEAST) for part in loose]
    return float(np.abs(kept[0] - kept[1]).sum()) / 1000


def colour_error(foregrounds: np.ndarray, truth: np.ndarray, alphas: np.ndarray) -> float:
    """The mean difference of colours where the true alpha is in between, in 8-bit steps."""
    mixed = (alphas > MIXED[0]) & (alphas < MIXED[1])
    return float(np.abs(foregrounds.astype(np.float32) - 255 * truth)[mixed].mean())


def _change_error(before, after) -> float:
    change = (after[0] - before[0]) - (after[1] - before[1])
    return 1e2 * float(np.sqrt((change**2).mean()))


def _gradient(matte: np.ndarray) -> np.ndarray:
    spread = cv2.normalize(matte, None, 1.0, 0.0, cv2.NORM_MINMAX)
    along = _gaussian_slope()
    x = cv2.filter2D(spread, -1, along, borderType=cv2.BORDER_REPLICATE)
    y = cv2.filter2D(spread, -1, along.T, borderType=cv2.BORDER_REPLICATE)
    return np.sqrt(x * x + y * y)


def _gaussian_slope() -> np.ndarray:
    reach = np.ceil(_SIGMA * np.sqrt(-2 * np.log(np.sqrt(2 * np.pi) * _SIGMA * 1e-2)))
    at = np.arange(-reach, reach + 1)
    bell = np.exp(-(at**2) / (2 * _SIGMA**2)) / (_SIGMA * np.sqrt(2 * np.pi))
    slope = np.outer(bell, -at * bell / _SIGMA**2)
    return slope / np.sqrt((slope**2).sum())
