"""Make the fill steady over time, along the motion: its tone, and which sources it is made of.

Averaging finished pictures would blur what is not aligned to a fraction of a pixel. So detail is made
steady before there is any: frames close by agree on which sources to take a place from, and on
where in each source it lies. What is then sampled is sharp, and the same from frame to frame.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numba import njit

from cleanplate.fill.geometry import bounding_box, crop, warp_map
from cleanplate.fill.motion import Chain
from cleanplate.fill.plan import Plan
from cleanplate.fill.smooth import blur

#: Frames over which a neighbour's weight falls by a factor e.
_FALL = 4.0
#: Grey levels by which a neighbour may differ before it counts as showing something else: where the
#: plan is believed, and how many more where it is not. What is guessed in any case had better be
#: guessed the same in every frame.
_ALIKE, _ALIKE_IN_DOUBT = 30.0, 90.0
#: Standard deviation, in working pixels, over which "differs" is judged.
_PATCH = 2.0
#: Frames over which a neighbour's say in the choice of sources falls by a factor e.
_SAY = 3.0
#: Working pixels by which a neighbour may place a source elsewhere before it means another place.
_ELSEWHERE = 1.5
#: Standard deviation, in working pixels, over which pixels vote together.
_AROUND = 1.2
_REACH = 2  # pixels, of those that do
#: Power of a source's votes in the blend: the more, the sharper.
_MAJORITY = np.float32(4)
#: Share of a pixel above which it counts as one that was filled.
_WHOLE = np.float32(0.99)
#: Votes below which a source is not worth sampling.
_LEAST = np.float32(1e-3)


@dataclass
class Blend:
    """The sources that a plan's detail is made of, N for each pixel.

    Attributes:
        top: int16 (bh, bw, N), candidates of the plan, -1 for none.
        weight: float32 like `top`, summing to 1 where there is any.
        shift: float32 (bh, bw, N, 2), in working pixels: what to add to the candidate's own grid.
    """

    top: np.ndarray
    weight: np.ndarray
    shift: np.ndarray


def ways(plan: Plan, beside: dict[int, Plan], chains: list[Chain]) -> dict[int, np.ndarray]:
    """Where each pixel of a plan lies in the boxes of others, along the motion of the layer that it
    follows: float32 (bh, bw, 2), x and y, for each.

    As it was measured where the plan looks at the other's frame: a layer is seldom quite a plane.

    Args:
        plan: the plan of one frame.
        beside: the plans of frames close by, by index.
        chains: the layers' motion over those frames.
    """
    index, out = plan.frame.index, {}
    for i, other in beside.items():
        way, corner = None, np.float32([other.box[2], other.box[0]])
        for level, chain in enumerate(chains):
            [looked] = np.nonzero((plan.source == i) & (plan.along == level))
            if looked.size:
                along = plan.grid[looked[0]]
            else:
                along = warp_map(chain.between(index, i), plan.box)
            if way is None:
                way = along - corner
            else:
                np.copyto(way, along - corner, where=(plan.follow == level)[..., None])
        out[i] = way
    return out


def agree(plan: Plan, beside: dict[int, Plan], lies: dict[int, np.ndarray]) -> Blend:
    """Which sources the plan's detail is made of, as the plans of frames close by see it too.

    A neighbour has a say where it follows the same layer to a frame that this plan looks at as
    well; its map into that frame counts by the weight that it gives it.

    Args:
        plan: the plan of one frame.
        beside: the plans of frames close by, by index.
        lies: the `ways` to them.
    """
    index = plan.frame.index
    ys, xs = np.nonzero(plan.layer >= 0)
    votes = np.zeros((ys.size, plan.source.size), np.float32)
    shift = np.zeros((ys.size, plan.source.size, 2), np.float32)
    _own_votes(ys, xs, plan.top, plan.weight, votes)
    known = {key: k for k, key in enumerate(zip(plan.source, plan.along, strict=True))}
    for i, other in beside.items():
        keys = zip(other.source, other.along, strict=True)
        same = np.array([known.get(key, -1) for key in keys], np.int32)
        late = np.float32(np.exp(-abs(i - index) / _SAY))
        _neighbours_votes(
            ys, xs, plan.layer, plan.grid, lies[i],
            other.layer, other.top, other.weight, other.grid, same, late, votes, shift,
        )  # fmt: skip
    said = _smoothed(ys, xs, votes, plan.layer.shape)
    blend = Blend(
        np.full_like(plan.top, -1), np.zeros_like(plan.weight),
        np.zeros((*plan.top.shape, 2), np.float32),
    )  # fmt: skip
    _elect(ys, xs, said, votes, shift, blend.top, blend.weight, blend.shift)
    return blend


def _smoothed(ys: np.ndarray, xs: np.ndarray, votes: np.ndarray, shape: tuple[int, int]):
    """Each pixel's votes, float32 (n, K), with those of the pixels around it: single pixels taken from
    elsewhere than their surroundings show as specks. Only sources that have a vote get any."""
    field = np.zeros((*shape, votes.shape[1]), np.float32)
    field[ys, xs] = votes
    return blur(field, _AROUND, _REACH)[ys, xs] * (votes > 0)


@njit(cache=True, nogil=True, fastmath=True)
def _own_votes(ys, xs, top, weight, votes):  # pragma: no cover - compiled
    for p in range(ys.size):
        for n in range(top.shape[2]):
            k = top[ys[p], xs[p], n]
            if k < 0:
                break
            votes[p, k] += weight[ys[p], xs[p], n]


@njit(cache=True, nogil=True, fastmath=True)
def _neighbours_votes(
    ys, xs, layer, grid, way,
    other_layer, other_top, other_weight, other_grid, same, late, votes, shift,
):  # pragma: no cover - compiled  # fmt: skip
    """Add one neighbour's votes, and where it would have each source moved, by its votes."""
    rows, cols = other_layer.shape
    far = np.float32(_ELSEWHERE * _ELSEWHERE)
    for p in range(ys.size):
        y, x = ys[p], xs[p]
        level = layer[y, x]
        u, v = way[y, x]
        if not (0 <= u < cols - 1 and 0 <= v < rows - 1):
            continue
        ny, nx = int(v + np.float32(0.5)), int(u + np.float32(0.5))
        if other_layer[ny, nx] != level:
            continue
        y0, x0 = int(v), int(u)
        fy, fx = v - y0, u - x0
        for n in range(other_top.shape[2]):
            theirs = other_top[ny, nx, n]
            if theirs < 0:
                break
            k = same[theirs]
            if k < 0:
                continue
            right = _between(other_grid, theirs, y0, x0, fy, fx, 0) - grid[k, y, x, 0]
            down = _between(other_grid, theirs, y0, x0, fy, fx, 1) - grid[k, y, x, 1]
            if right * right + down * down > far:
                continue
            say = late * other_weight[ny, nx, n]
            votes[p, k] += say
            shift[p, k, 0] += say * right
            shift[p, k, 1] += say * down


@njit(nogil=True, fastmath=True)
def _between(grids, k, y, x, fy, fx, c):  # pragma: no cover - compiled
    """Coordinate `c` of map `k`, linear between the pixels around (y + fy, x + fx)."""
    above = grids[k, y, x, c] * (1 - fx) + grids[k, y, x + 1, c] * fx
    below = grids[k, y + 1, x, c] * (1 - fx) + grids[k, y + 1, x + 1, c] * fx
    return above * (1 - fy) + below * fy


@njit(cache=True, nogil=True, fastmath=True)
def _elect(ys, xs, votes, mass, shift, top, weight, moved):  # pragma: no cover - compiled
    """Keep the sources with the most votes, in place; `mass` is what `shift` is weighted with."""
    keep = top.shape[2]
    for p in range(ys.size):
        y, x = ys[p], xs[p]
        total = first = np.float32(0.0)
        for n in range(keep):
            best = 0
            for k in range(1, votes.shape[1]):
                if votes[p, k] > votes[p, best]:
                    best = k
            if votes.shape[1] == 0 or votes[p, best] < _LEAST:
                break
            first = max(first, votes[p, best])
            top[y, x, n] = best
            weight[y, x, n] = (votes[p, best] / first) ** _MAJORITY
            moved[y, x, n, 0] = shift[p, best, 0] / mass[p, best]
            moved[y, x, n, 1] = shift[p, best, 1] / mass[p, best]
            votes[p, best] = 0
            total += weight[y, x, n]
        for n in range(keep):
            weight[y, x, n] /= max(total, np.float32(1e-9))


def settle(plan: Plan, beside: dict[int, Plan], lies: dict[int, np.ndarray]) -> np.ndarray:
    """The plan's soft picture averaged with its neighbours' where they agree.

    Args:
        plan: the plan of one frame.
        beside: the plans of frames close by, by index; frames without a hole are left out.
        lies: the `ways` to them.

    Returns:
        float32 (bh, bw, 3): the plan's own outside the hole.
    """
    hole = crop(plan.frame.work_hole, plan.box)
    part = bounding_box(hole, round(3 * _PATCH) + 1)
    soft = np.ascontiguousarray(crop(plan.soft, part))
    total, mass = soft.copy(), np.ones(soft.shape[:2], np.float32)
    alike = _ALIKE + _ALIKE_IN_DOUBT * crop(plan.doubt, part)
    scale = np.float32(-1) / (2 * alike * alike)
    index = plan.frame.index
    for i, other in beside.items():
        way = crop(lies[i], part)
        filled = crop(other.frame.work_hole, other.box)
        moved, unlike = _brought(soft, way, other.soft, filled)
        unlike = cv2.GaussianBlur(unlike, (0, 0), _PATCH)
        late = np.float32(np.exp(-abs(i - index) / _FALL))
        _average_in(total, mass, moved, unlike, scale, late)
    out = plan.soft.copy()
    crop(out, part)[:] = total / mass[..., None]
    return out


@njit(cache=True, nogil=True, fastmath=True)
def _brought(soft, way, picture, filled):  # pragma: no cover - compiled
    """A neighbour's `picture` where each pixel lies in it.

    Only what was filled there as well: seen pixels have been weighed as candidates, and close to
    the hole they hold the removed thing's shade.

    Returns the picture, float32 (h, w, 4), its last channel 1 where there is any and 0 elsewhere,
    and the squared difference from `soft`, float32 (h, w).
    """
    height, width = way.shape[:2]
    rows, cols = filled.shape
    moved = np.zeros((height, width, 4), np.float32)
    unlike = np.empty((height, width), np.float32)
    for y in range(height):
        for x in range(width):
            u, v = way[y, x]
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
                moved[y, x, 3] = whole > _WHOLE
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
