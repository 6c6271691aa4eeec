"""Barnes et al., "PatchMatch" (2009), as PyPatchMatch implements it, per frame."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from patchmatch import patch_match

PATCH_RADIUS = 3  # pixels; the value in PyPatchMatch's own examples
SEED = 1


def unavailable() -> str | None:
    """Why PyPatchMatch cannot run here: it may be installed without its native library."""
    if patch_match.patchmatch_available:
        return None
    return "PyPatchMatch was installed without its native library"


def fill(frames: Sequence[np.ndarray], holes: Sequence[np.ndarray]) -> list[np.ndarray]:
    patch_match.set_random_seed(SEED)
    return [
        patch_match.inpaint(frame, hole, patch_size=PATCH_RADIUS) if hole.any() else frame.copy()
        for frame, hole in zip(frames, holes, strict=True)
    ]
