"""Carry what is known in some places on to all others."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

F32 = NDArray[np.float32]

_LEVELS = 7  # of the pyramid


def spread(image: NDArray, weight: F32, step: int = 1) -> F32:
    """Colours, or what else there is, carried from where `weight` is to everywhere, the nearer the
    stronger.

    Normalised convolution over a pyramid. `image` (h, w, n), n above 1, `weight` float32 (h, w); returns float32
    like `image`. With a `step` above 1 it is worked out on a grid of so many pixels: what is smooth
    is the same, and costs little.
    """
    if step > 1:
        size = tuple(max(1, side // step) for side in weight.shape[::-1])
        share = cv2.resize(weight, size, interpolation=cv2.INTER_AREA)
        total = cv2.resize(image * weight[..., None], size, interpolation=cv2.INTER_AREA)
        far = spread(total / np.maximum(share, 1e-6)[..., None], share)
        return cv2.resize(far, weight.shape[::-1], interpolation=cv2.INTER_LINEAR)
    sums, weights = [image * weight[..., None]], [weight]
    for _ in range(_LEVELS):
        if min(weights[-1].shape) < 4:
            break
        sums.append(cv2.pyrDown(sums[-1]))
        weights.append(cv2.pyrDown(weights[-1]))
    filled = sums[-1] / np.maximum(weights[-1], 1e-6)[..., None]
    for total, share in zip(sums[-2::-1], weights[-2::-1], strict=True):
        coarse = cv2.pyrUp(filled, dstsize=(share.shape[1], share.shape[0]))
        own = np.minimum(4 * share, 1)[..., None] if total is not sums[0] else share[..., None]
        filled = coarse + own * (total / np.maximum(share, 1e-6)[..., None] - coarse)
    return filled
