"""Where each pixel around a hole lies in another frame.

From coarse to fine. A layer's plane motion brings the other frame close; dense flow between the two,
each with its hole filled from the other so that the hole pulls at nothing, measures what remains
around the hole, and `align` the last fraction of a pixel; inside the hole either is continued
smoothly. The result is a map of *source coordinates*, so that every pixel is sampled once, from the
frame that really saw it.
"""

from __future__ import annotations

import cv2
import numpy as np

from cleanplate.fill.align import align
from cleanplate.fill.frame import WorkFrame
from cleanplate.fill.geometry import (
    WORTHWHILE,
    Box,
    affine3,
    crop,
    half_box,
    half_motion,
    typical_length,
    warp_map,
    whole_motion,
)
from cleanplate.fill.motion import coarse_flow
from cleanplate.fill.smooth import pull_push

#: Steps of the alignment, at half the working resolution and again at all of it, and the largest
#: correction, in pixels of each, that it makes. (A second step at all of it: 0.02 dB for a twelfth of
#: the time.)
_STEPS = 1
_LARGEST_STEP = 1.5
# In pixels of the half resolution, as all below.
#: Largest remainder that a second layer's flow may add to its plane motion.
_LARGEST_REST = 4.0
#: A plane motion is measured again where the flow would move it by more than this.
_WORTH_REPEATING = 0.4
#: Spacing of the samples that a plane motion is fitted to.
_SAMPLED = 3


def register(
    target: WorkFrame,
    source: WorkFrame,
    motion: np.ndarray,
    box: Box,
    member: np.ndarray,
    camera: bool,
) -> tuple[np.ndarray, np.ndarray]:
    """Map the pixels of `box` in the target frame to the source frame.

    Args:
        target: the frame with the hole.
        source: the frame to look in.
        motion: float64 (3, 3), a first guess of the motion from target to source.
        box: the region to map, in working pixels, `even`.
        member: bool, `half_box` of the box, which seen pixels of the target may belong to the
            layer.
        camera: whether the layer is the camera's, which other things do not limit.

    Returns:
        map: float32 (bh, bw, 2), x and y in the source frame, in working pixels.
        motion: float64 (3, 3), the plane motion as measured, from which to go on to a frame
            further away without gathering drift.
    """
    half = half_box(box)
    near = crop(target.near_gray, half)
    plane = half_motion(motion)
    grid, rest, seen = _measure(target, source, plane, half, near)
    trusted = seen & member
    refined = _refit(rest, trusted, grid, plane)
    if refined is not None:
        plane = refined
        moved = warp_map(refined, half)
        if camera and _typical(moved - grid, near) > _WORTH_REPEATING:
            grid, rest, seen = _measure(target, source, refined, half, near)
            trusted = seen & member
        else:
            rest, grid = rest - (moved - grid), moved
    motion = whole_motion(plane)
    if not camera:
        np.clip(rest, -_LARGEST_REST, _LARGEST_REST, out=rest)
    closer = grid + _continue(rest, trusted) if trusted.any() else grid
    own = crop(target.gray, half)
    closer = align(own, source.gray, trusted, closer, _STEPS, _LARGEST_STEP)
    whole = warp_map(motion, box)
    whole += _doubled(closer - grid, whole.shape[:2])
    return _aligned(target, source, whole, box, member), motion


def _aligned(
    target: WorkFrame, source: WorkFrame, grid: np.ndarray, box: Box, member: np.ndarray
) -> np.ndarray:
    """The map with what is left to measure at the working resolution taken in."""
    size = (grid.shape[1], grid.shape[0])
    member = cv2.resize(member.view(np.uint8), size, interpolation=cv2.INTER_NEAREST).view(bool)
    counts = member & ~crop(target.near_hole, box) & ~_hidden(source.near_hole, grid)
    return align(crop(target.luma, box), source.luma, counts, grid, _STEPS, _LARGEST_STEP)


def _measure(
    target: WorkFrame, source: WorkFrame, plane: np.ndarray, half: Box, near: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The plane map, the flow that remains after it, and where both frames are seen."""
    grid = warp_map(plane, half)
    own = crop(target.gray, half).copy()
    warped = cv2.remap(source.gray, grid, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    hidden = _hidden(source.near_gray, grid)
    np.copyto(own, warped, where=near & ~hidden)
    np.copyto(warped, own, where=hidden)
    return grid, coarse_flow(own, warped), ~near & ~hidden


def _hidden(near: np.ndarray, grid: np.ndarray) -> np.ndarray:
    """bool, like `grid`: where the map meets the other frame's hole, or leaves the frame."""
    return cv2.remap(
        near.view(np.uint8), grid, None, cv2.INTER_NEAREST,
        borderMode=cv2.BORDER_CONSTANT, borderValue=1,
    ).view(bool)  # fmt: skip


def _doubled(rest: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """A shift at the half resolution, for the working pixels of a box of `shape`."""
    height, width = rest.shape[:2]
    whole = cv2.resize(rest, (2 * width, 2 * height), interpolation=cv2.INTER_LINEAR)
    return 2 * whole[: shape[0], : shape[1]]


def _refit(
    rest: np.ndarray, trusted: np.ndarray, grid: np.ndarray, motion: np.ndarray
) -> np.ndarray | None:
    """The plane `motion`, whose map is `grid`, with the affine part of the remainder taken in, where
    enough is trusted.

    Affine, because the ring around a hole seldom holds the two further degrees of freedom of a
    homography well enough to continue them across the hole.
    """
    sparse = slice(None, None, _SAMPLED), slice(None, None, _SAMPLED)
    sampled = trusted[sparse]
    if np.count_nonzero(sampled) < 30:
        return None
    # The remainder is measured in the source frame; an affine change there follows the motion.
    grid, rest = grid[sparse][sampled], rest[sparse][sampled]
    matrix, _ = cv2.estimateAffine2D(
        grid, grid + rest, ransacReprojThreshold=0.75, maxIters=200, confidence=0.99
    )
    if matrix is None:
        return None
    after = rest - (grid @ matrix[:, :2].T + matrix[:, 2] - grid)
    if typical_length(rest) <= typical_length(after) + WORTHWHILE:
        return None
    return affine3(matrix) @ motion


def _typical(shift: np.ndarray, near: np.ndarray) -> float:
    inside = shift[near]
    return float(np.abs(inside).mean()) if inside.size else 0.0


def _continue(rest: np.ndarray, trusted: np.ndarray) -> np.ndarray:
    """The smooth part of the remainder where it is trusted, continued to where it is not."""
    height, width = trusted.shape
    small = (max(2, width // 4), max(2, height // 4))
    weight = trusted.astype(np.float32)
    mass = cv2.resize(weight, small, interpolation=cv2.INTER_AREA)
    total = cv2.resize(rest * weight[..., None], small, interpolation=cv2.INTER_AREA)
    mean = total / np.maximum(mass, 1e-6)[..., None]
    smooth = pull_push(mean, np.minimum(mass * 4, 1))
    return cv2.resize(smooth, (width, height), interpolation=cv2.INTER_LINEAR)
