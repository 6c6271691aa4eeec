"""Where each pixel around a hole lies in another frame.

A layer's plane motion brings the other frame close; dense flow between the two, each with its
hole filled from the other so that the hole pulls at nothing, measures what remains around the
hole; inside the hole that remainder is continued smoothly. The result is a map of *source
coordinates*, so that every pixel is sampled once, from the frame that really saw it.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

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
from cleanplate.fill.motion import dense_flow, fine_flow
from cleanplate.fill.smooth import pull_push

# All in pixels of the half resolution.
#: Largest remainder that a second layer's flow may add to its plane motion.
_LARGEST_REST = 4.0
#: Largest correction, in working pixels, that is measured at the working resolution.
_LARGEST_FINE = 1.5
#: A remainder shorter than this on average is the noise of the flow.
_NOISE = 0.15
#: A plane motion is measured again where the flow would move it by more than this.
_WORTH_REPEATING = 0.4
#: Spacing of the samples that a plane motion is fitted to.
_SAMPLED = 2


def register(
    target: WorkFrame,
    source: WorkFrame,
    motion: np.ndarray,
    box: Box,
    member: np.ndarray,
    camera: bool,
) -> tuple[np.ndarray, np.ndarray]:
    """Map the pixels of `box` in the target frame to the source frame.

    Flow is measured at half the working resolution, to a fraction of its pixels.

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
    refined = _refit(rest, trusted, half, plane)
    if refined is not None:
        plane = refined
        moved = warp_map(refined, half)
        if camera and _typical(moved - grid, near) > _WORTH_REPEATING:
            grid, rest, seen = _measure(target, source, refined, half, near)
            trusted = seen & member
        else:
            rest, grid = rest - (moved - grid), moved
    motion = whole_motion(plane)
    whole = warp_map(motion, box)
    if not camera:
        np.clip(rest, -_LARGEST_REST, _LARGEST_REST, out=rest)
    if trusted.any() and typical_length(rest[trusted]) >= _NOISE:
        whole += _doubled(_continue(rest, trusted), whole.shape[:2])
    return _refined(target, source, whole, box, member), motion


def _refined(
    target: WorkFrame, source: WorkFrame, grid: np.ndarray, box: Box, member: np.ndarray
) -> np.ndarray:
    """The map with what is left to measure at the working resolution taken in."""
    near = crop(target.near_hole, box)
    rest, seen = _remainder(
        crop(target.luma, box), near, source.luma, source.near_hole, grid, fine_flow
    )
    size = (grid.shape[1], grid.shape[0])
    member = cv2.resize(member.view(np.uint8), size, interpolation=cv2.INTER_NEAREST)
    trusted = seen & member.view(bool)
    if not trusted.any():
        return grid
    np.clip(rest, -_LARGEST_FINE, _LARGEST_FINE, out=rest)
    return grid + _continue(rest, trusted)


def _measure(
    target: WorkFrame, source: WorkFrame, plane: np.ndarray, half: Box, near: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The plane map, the flow that remains after it, and where both frames are seen."""
    grid = warp_map(plane, half)
    own = crop(target.gray, half)
    return grid, *_remainder(own, near, source.gray, source.near_gray, grid, dense_flow)


def _remainder(
    own: np.ndarray,
    near: np.ndarray,
    other: np.ndarray,
    other_near: np.ndarray,
    grid: np.ndarray,
    flow: Callable[[np.ndarray, np.ndarray], np.ndarray],
) -> tuple[np.ndarray, np.ndarray]:
    """The flow that remains after a map, and where both pictures are seen.

    Args:
        own: uint8 (h, w), the target's region.
        near: bool (h, w), where it is not to be looked at.
        other, other_near: the same of the whole source frame.
        grid: float32 (h, w, 2), the map into it.
        flow: measures it.
    """
    warped = cv2.remap(other, grid, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    hidden = cv2.remap(
        other_near.view(np.uint8), grid, None, cv2.INTER_NEAREST,
        borderMode=cv2.BORDER_CONSTANT, borderValue=1,
    ).view(bool)  # fmt: skip
    own = own.copy()
    np.copyto(own, warped, where=near & ~hidden)
    np.copyto(warped, own, where=hidden)
    return flow(own, warped), ~near & ~hidden


def _doubled(rest: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """A shift at the half resolution, for the working pixels of a box of `shape`."""
    height, width = rest.shape[:2]
    whole = cv2.resize(rest, (2 * width, 2 * height), interpolation=cv2.INTER_LINEAR)
    return 2 * whole[: shape[0], : shape[1]]


def _refit(
    rest: np.ndarray, trusted: np.ndarray, box: Box, motion: np.ndarray
) -> np.ndarray | None:
    """The plane motion with the affine part of the remainder taken in, where enough is trusted.

    Affine, because the ring around a hole seldom holds the two further degrees of freedom of a
    homography well enough to continue them across the hole.
    """
    ys, xs = np.nonzero(trusted[::_SAMPLED, ::_SAMPLED])
    if xs.size < 30:
        return None
    ys, xs = ys * _SAMPLED, xs * _SAMPLED
    # The remainder is measured in the source frame; an affine change there follows the motion.
    grid = warp_map(motion, box)[ys, xs]
    matrix, _ = cv2.estimateAffine2D(
        grid, grid + rest[ys, xs], ransacReprojThreshold=0.75, maxIters=200, confidence=0.99
    )
    if matrix is None:
        return None
    rest = rest[ys, xs]
    after = rest - (grid @ matrix[:, :2].T + matrix[:, 2] - grid)
    if typical_length(rest) <= typical_length(after) + WORTHWHILE:
        return None
    return affine3(matrix) @ motion


def _typical(shift: np.ndarray, near: np.ndarray) -> float:
    inside = shift[near]
    return float(np.abs(inside).mean()) if inside.size else 0.0


def _continue(rest: np.ndarray, trusted: np.ndarray) -> np.ndarray:
    """The remainder where it is trusted, continued smoothly where it is not."""
    height, width = trusted.shape
    small = (max(2, width // 4), max(2, height // 4))
    weight = trusted.astype(np.float32)
    mass = cv2.resize(weight, small, interpolation=cv2.INTER_AREA)
    total = cv2.resize(rest * weight[..., None], small, interpolation=cv2.INTER_AREA)
    known = np.minimum(mass * 4, 1)
    mean = total / np.maximum(mass, 1e-6)[..., None]
    smooth = cv2.resize(pull_push(mean, known), (width, height), interpolation=cv2.INTER_LINEAR)
    return np.where(trusted[..., None], rest, smooth)
