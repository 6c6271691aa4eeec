"""Bertalmio et al., "Navier-Stokes, fluid dynamics, and image and video inpainting" (2001)."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

RADIUS = 5  # pixels, as for Telea


def fill(frames: Sequence[np.ndarray], holes: Sequence[np.ndarray]) -> list[np.ndarray]:
    return [
        cv2.inpaint(frame, hole.astype(np.uint8), RADIUS, cv2.INPAINT_NS)
        for frame, hole in zip(frames, holes, strict=True)
    ]
