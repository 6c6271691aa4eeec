"""Decide, for each pixel of the hole, how far to believe each layer and the smooth fill."""

from __future__ import annotations

import cv2
import numpy as np

from cleanplate.fill.frame import WorkFrame
from cleanplate.fill.geometry import Box, crop
from cleanplate.fill.judge import Means


def decide(
    means: Means, frame: WorkFrame, box: Box, own: tuple[np.ndarray, np.ndarray]
) -> np.ndarray:
    """float32 (bh, bw, L + 1), summing to 1: belief in each layer, then in the smooth fill."""
    hole = crop(frame.work_hole, box)
    distance = cv2.distanceTransform(hole.astype(np.uint8), cv2.DIST_L2, 3)
    cost = []
    for e in means.evidence:
        cost.append(
            e[..., 1] + np.maximum(e[..., 3] - e[..., 4], 0) + 0.5 * e[..., 3] + 0.1 * e[..., 5] + 2
        )
    cost.append(10 + 1.5 * distance)
    logit = -2 * np.log(np.stack(cost, -1))
    share = np.exp(logit - logit.max(-1, keepdims=True))
    for k, e in enumerate(means.evidence):
        share[..., k] *= e[..., 7] > 0
    return (share / share.sum(-1, keepdims=True)).astype(np.float32)
