"""Make the tone of the fill steady over time, along the motion."""

from __future__ import annotations

import cv2
import numpy as np

from cleanplate.fill.geometry import crop, warp_map
from cleanplate.fill.motion import Chain
from cleanplate.fill.plan import Plan

#: Frames either side that a frame's tone is averaged with.
SPAN = 2
#: Grey levels by which a neighbour may differ before it counts as showing something else.
_ALIKE = 14.0
#: Standard deviation, in working pixels, over which "differs" is judged.
_PATCH = 2.0


def settle(plan: Plan, beside: dict[int, Plan], chains: list[Chain]) -> np.ndarray:
    """The plan's soft picture averaged with its neighbours' where they agree.

    Args:
        plan: the plan of one frame.
        beside: the plans of frames up to SPAN away, by index; frames without a hole are left out.
        chains: the layers' motion over those frames.

    Returns:
        float32 (bh, bw, 3).
    """
    total, mass = plan.soft.copy(), np.ones(plan.soft.shape[:2], np.float32)
    index = plan.frame.index
    for i, other in beside.items():
        share = np.exp(-abs(i - index) / 2.0)
        hole = crop(other.frame.work_hole, other.box)
        # Only what was filled there as well: seen pixels have been weighed as candidates, and
        # close to the hole they hold the removed thing's shade.
        fill = np.dstack([other.soft, hole.astype(np.float32)])
        y0, _, x0, _ = other.box
        for level, chain in enumerate(chains):
            here = (np.maximum(plan.layer, 0) == level).astype(np.float32)
            if not here.any():
                continue
            grid = warp_map(chain.between(index, i), plan.box)
            grid -= (x0, y0)
            moved = cv2.remap(fill, grid, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)
            moved, inside = moved[..., :3], moved[..., 3] > 0.99
            unlike = ((moved - plan.soft) ** 2).mean(axis=2)
            unlike = cv2.GaussianBlur(unlike, (0, 0), _PATCH)
            weight = here * inside * share * np.exp(-unlike / (2 * _ALIKE**2))
            total += weight[..., None] * moved
            mass += weight
    return total / mass[..., None]
