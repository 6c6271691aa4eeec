"""Carrying a mask from one frame to the next by dense motion.

DIS: Kroeger et al., "Fast Optical Flow using Dense Inverse Search", ECCV 2016, as in OpenCV.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache

import cv2
import numpy as np

_LONG_SIDE = 640  # pixels: motion is estimated on frames reduced to this, enough to carry a mask
_CUT = 0.6  # Bhattacharyya distance of colour histograms, 0 (alike) to 1
_TRUST = 1.5  # pixels of round-trip error, at that size, at which the motion is half believed


@lru_cache(maxsize=4)
def _grid(height: int, width: int) -> np.ndarray:
    x, y = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    return np.dstack([x, y])


def reduced_grey(image: np.ndarray) -> np.ndarray:
    """The frame, RGB uint8 (h, w, 3), as grey uint8 with its long side at most 640 pixels."""
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    scale = min(1.0, _LONG_SIDE / max(grey.shape))
    if scale == 1.0:
        return grey
    return cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)


@dataclass(frozen=True)
class Motion:
    """The way from one frame to another, at the size of `reduced_grey`: `back`, float32 (h, w, 2),
    where each pixel came from, and `trust`, float32 (h, w) in 0..1, how far that is to be believed."""

    back: np.ndarray = field(repr=False)
    trust: np.ndarray = field(repr=False)

    def carry(self, soft: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Soft masks, float32 (h, w) or (h, w, n) at the frame's own size, and how far they are to
        be believed where they come to lie, float32 (h, w) in 0..1."""
        height, width = soft.shape[:2]
        small = self.trust.shape
        ratio = np.float32([width / small[1], height / small[0]])
        full = cv2.resize(self.back, (width, height), interpolation=cv2.INTER_LINEAR) * ratio
        carried = cv2.remap(soft, _grid(height, width) + full, None, cv2.INTER_LINEAR)
        return carried, cv2.resize(self.trust, (width, height), interpolation=cv2.INTER_LINEAR)


def motion_between(before: np.ndarray, now: np.ndarray) -> Motion:
    """How the frame `before` moved to become `now`; both are grey, as `reduced_grey` gives."""
    back = _flow(now, before)
    forth = _flow(before, now)
    source = _grid(*now.shape) + back
    returned = cv2.remap(
        forth, source, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=0
    )
    error = np.linalg.norm(back + returned, axis=2)
    inside = ((source >= 0) & (source <= np.float32(now.shape[::-1]) - 1)).all(axis=2)
    return Motion(back, (inside / (1 + (error / _TRUST) ** 2)).astype(np.float32))


def carry(before: np.ndarray, now: np.ndarray, soft: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Move soft masks of the frame `before` onto the frame `now`.

    `before` and `now` are grey, as `reduced_grey` gives; `soft` and what is returned are as for
    `Motion.carry`.
    """
    return motion_between(before, now).carry(soft)


def _flow(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Where each pixel of `first` goes in `second`, float32 (h, w, 2), x then y."""
    # The preset wants a few pyramid levels; a picture smaller than its patches has no motion.
    if min(first.shape) < 16:
        return np.zeros((*first.shape, 2), np.float32)
    return cv2.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM).calc(first, second, None)


def is_cut(before: np.ndarray, now: np.ndarray) -> bool:
    """Whether another shot begins between two frames, RGB uint8 (h, w, 3).

    Colours say so where they change altogether; a fast pan keeps most of them.
    """
    if before.shape != now.shape:
        return True
    return cv2.compareHist(_colours(before), _colours(now), cv2.HISTCMP_BHATTACHARYYA) > _CUT


def _colours(image: np.ndarray) -> np.ndarray:
    small = cv2.resize(image, (64, 36), interpolation=cv2.INTER_AREA)
    hsv = cv2.cvtColor(small, cv2.COLOR_RGB2HSV)
    return cv2.calcHist([hsv], [0, 1, 2], None, [12, 4, 8], [0, 180, 0, 256, 0, 256])
