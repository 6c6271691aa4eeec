"""What is made up goes on from its border: edges run into it, stripes through it.

A patch knows what lies beside a gap, a sum of waves what goes on into it. Frequency selective
reconstruction models the surroundings of each block by the few waves that explain most of them
(Seiler et al., "Resampling images to a regular grid from a non-regular subset of pixel positions
using frequency selective reconstruction", 2015; Genser et al., "Signal and loss geometry aware
frequency selective extrapolation for error concealment", 2018; OpenCV's `xphoto`).
"""

from __future__ import annotations

import cv2
import numpy as np

#: Pixels from the border that waves are trusted to go on, at most.
_BAND = 12
#: Pixels from the border at which they count e times less.
_DEPTH = 8.0
#: Pixels; what is finer stays as it was copied, since a sum of few waves is soft.
_DETAIL = 2.0


def bridge(picture: np.ndarray, missing: np.ndarray) -> np.ndarray:
    """Let light and dark go on from the border of a hole into what was put there.

    Letters, cables and the rings of a logo are bridged from both sides.

    Args:
        picture: float32 RGB (h, w, 3) in 0..255, the hole filled with texture.
        missing: bool (h, w), the hole.

    Returns:
        float32 (h, w, 3), equal to `picture` outside the hole and deep inside it.
    """
    depth = cv2.distanceTransform(missing.astype(np.uint8), cv2.DIST_L2, 3)
    band = missing & (depth <= _BAND)
    luma = cv2.cvtColor(np.clip(picture + 0.5, 0, 255).astype(np.uint8), cv2.COLOR_RGB2GRAY)
    waves = np.zeros_like(luma)
    known = np.where(band, 0, 255).astype(np.uint8)
    cv2.xphoto.inpaint(luma, known, waves, cv2.xphoto.INPAINT_FSR_FAST)
    change = cv2.GaussianBlur(waves.astype(np.float32) - luma, (0, 0), _DETAIL)
    share = np.exp(-np.square(np.minimum(depth, _BAND) / _DEPTH)) * band
    return picture + (share * change)[..., None]
