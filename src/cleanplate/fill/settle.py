"""Make the tone of the fill steady over time, along the motion."""

from __future__ import annotations

import cv2
import numpy as np

from cleanplate.fill.geometry import crop, warp_map
from cleanplate.fill.motion import Chain
from cleanplate.fill.plan import Plan

#: Frames over which a neighbour's weight falls by a factor e.
_FALL = 4.0
#: Grey levels by which a neighbour may differ before it counts as showing something else: where the
#: plan is believed, and how many more where it is not. What is guessed in any case had better be
#: guessed the same in every frame.
_ALIKE, _ALIKE_IN_DOUBT = 30.0, 90.0
#: Standard deviation, in working pixels, over which "differs" is judged.
_PATCH = 2.0


def settle(plan: Plan, beside: dict[int, Plan], chains: list[Chain]) -> np.ndarray:
    """The plan's soft picture averaged with its neighbours' where they agree.

    Args:
        plan: the plan of one frame.
        beside: the plans of frames close by, by index; frames without a hole are left out.
        chains: the layers' motion over those frames.

    Returns:
        float32 (bh, bw, 3).
    """
    total, mass = plan.soft.copy(), np.ones(plan.soft.shape[:2], np.float32)
    index = plan.frame.index
    alike = _ALIKE + _ALIKE_IN_DOUBT * plan.doubt
    scale = -1 / (2 * alike * alike)
    levels = [level for level in range(len(chains)) if (plan.follow == level).any()]
    for i, other in beside.items():
        hole = crop(other.frame.work_hole, other.box)
        # Only what was filled there as well: seen pixels have been weighed as candidates, and
        # close to the hole they hold the removed thing's shade.
        fill = np.dstack([other.soft, hole.astype(np.float32)])
        grid = _followed(plan, [chains[level].between(index, i) for level in levels], levels)
        grid -= (other.box[2], other.box[0])
        moved = cv2.remap(fill, grid, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)
        moved, inside = moved[..., :3], moved[..., 3] > 0.99
        unlike = ((moved - plan.soft) ** 2).mean(axis=2)
        unlike = cv2.GaussianBlur(unlike, (0, 0), _PATCH)
        weight = inside * np.exp(scale * unlike - abs(i - index) / _FALL)
        total += weight[..., None] * moved
        mass += weight
    return total / mass[..., None]


def _followed(plan: Plan, motions: list[np.ndarray], levels: list[int]) -> np.ndarray:
    """Where each pixel of the plan's box goes by the motion of the layer that it follows."""
    grid = warp_map(motions[0], plan.box)
    for level, motion in zip(levels[1:], motions[1:], strict=True):
        np.copyto(grid, warp_map(motion, plan.box), where=(plan.follow == level)[..., None])
    return grid
