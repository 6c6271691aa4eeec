"""Carry what is known in some places on to all others."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

F32 = NDArray[np.float32]

_LEVELS = 7  # of the pyramid


def spread(image: F32, weight: F32) -> F32:
    """Colours carried from where `weight` is to everywhere, the nearer the stronger.

    Normalised convolution over a pyramid. `image` float32 (h, w, 3), `weight` float32 (h, w).
    """
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
