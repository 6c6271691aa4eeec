"""Small generated clips with a known matte, for the tests of mattes and cutouts."""

from __future__ import annotations

import functools

import numpy as np

from bench.matte_scenes import Scene, scene

SIZE = (192, 112)


@functools.cache
def small(name: str, count: int = 6) -> Scene:
    """One of the bench's scenes at 192x112, over a photograph."""
    return scene(name, None, count, SIZE)


def rough(alpha: np.ndarray) -> np.ndarray:
    """The mask that a tracker would have given for a matte: what is more there than not."""
    return alpha > 0.5


def error(found: np.ndarray, truth: np.ndarray) -> float:
    """The mean absolute difference of two mattes."""
    return float(np.abs(found.astype(np.float32) - truth).mean())
