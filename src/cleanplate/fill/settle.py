"""Make the tone of the fill steady over time, along the motion."""

from __future__ import annotations

import cv2
import numpy as np
from numba import njit

from cleanplate.fill.geometry import bounding_box, crop
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
        float32 (bh, bw, 3): the plan's own outside the hole.
    """
    hole = crop(plan.frame.work_hole, plan.box)
    part = bounding_box(hole, round(3 * _PATCH) + 1)
    place = part[0] + plan.box[0], part[2] + plan.box[2]
    soft, follow = np.ascontiguousarray(crop(plan.soft, part)), crop(plan.follow, part)
    total, mass = soft.copy(), np.ones(follow.shape, np.float32)
    alike = _ALIKE + _ALIKE_IN_DOUBT * crop(plan.doubt, part)
    scale = np.float32(-1) / (2 * alike * alike)
    index = plan.frame.index
    for i, other in beside.items():
        motions = np.stack([chain.between(index, i) for chain in chains])
        filled = crop(other.frame.work_hole, other.box)
        corner = other.box[0], other.box[2]
        moved, unlike = _brought(soft, follow, place, motions, other.soft, filled, corner)
        unlike = cv2.GaussianBlur(unlike, (0, 0), _PATCH)
        late = np.float32(np.exp(-abs(i - index) / _FALL))
        _average_in(total, mass, moved, unlike, scale, late)
    out = plan.soft.copy()
    crop(out, part)[:] = total / mass[..., None]
    return out


@njit(cache=True, nogil=True, fastmath=True)
def _brought(soft, follow, place, motions, picture, filled, corner):  # pragma: no cover - compiled
    """A neighbour's `picture` along the motion of the layer that each pixel follows.

    Only what was filled there as well: seen pixels have been weighed as candidates, and close to
    the hole they hold the removed thing's shade.

    Returns the picture, float32 (h, w, 4), its last channel 1 where there is any and 0 elsewhere,
    and the squared difference from `soft`, float32 (h, w).
    """
    height, width = follow.shape
    rows, cols = filled.shape
    moved = np.zeros((height, width, 4), np.float32)
    unlike = np.empty((height, width), np.float32)
    for y in range(height):
        for x in range(width):
            a = motions[follow[y, x]] if follow[y, x] < motions.shape[0] else motions[0]
            px, py = x + place[1], y + place[0]
            depth = a[2, 0] * px + a[2, 1] * py + a[2, 2]
            if abs(depth) < 1e-6:
                depth = 1e-6
            u = np.float32((a[0, 0] * px + a[0, 1] * py + a[0, 2]) / depth - corner[1])
            v = np.float32((a[1, 0] * px + a[1, 1] * py + a[1, 2]) / depth - corner[0])
            if 0 <= u < cols - 1 and 0 <= v < rows - 1:
                i, j = int(u), int(v)
                fu, fv = u - i, v - j
                ways = ((1 - fv) * (1 - fu), (1 - fv) * fu, fv * (1 - fu), fv * fu)
                for c in range(3):
                    moved[y, x, c] = (
                        ways[0] * picture[j, i, c] + ways[1] * picture[j, i + 1, c]
                        + ways[2] * picture[j + 1, i, c] + ways[3] * picture[j + 1, i + 1, c]
                    )  # fmt: skip
                whole = (
                    ways[0] * filled[j, i] + ways[1] * filled[j, i + 1]
                    + ways[2] * filled[j + 1, i] + ways[3] * filled[j + 1, i + 1]
                )  # fmt: skip
                moved[y, x, 3] = whole > np.float32(0.99)
            total = np.float32(0.0)
            for c in range(3):
                d = moved[y, x, c] - soft[y, x, c]
                total += d * d
            unlike[y, x] = total * np.float32(1 / 3)
    return moved, unlike


@njit(cache=True, nogil=True, fastmath=True)
def _average_in(total, mass, moved, unlike, scale, late):  # pragma: no cover - compiled
    """Add what was brought to the sums, as far as it is alike, in place."""
    for y in range(mass.shape[0]):
        for x in range(mass.shape[1]):
            if moved[y, x, 3] > 0:
                weight = late * np.exp(scale[y, x] * unlike[y, x])
                mass[y, x] += weight
                for c in range(3):
                    total[y, x, c] += weight * moved[y, x, c]
