"""Motion layers: the camera, and the one other thing that moves near the hole.

A layer is a chain of plane motions from frame to frame. Layer 0 is the camera: the motion that
most of the picture agrees with. Layer 1, where there is one, is what moves differently close to
the hole (a car that the hole crosses, say). A hole pixel shows one or the other, and what each
layer would put there can be looked up in other frames by following that layer alone.

Which layer a *seen* pixel belongs to is told by which layer's motion predicts it in the frames
next to it (`explain`); after Wang and Adelson, "Representing moving images with layers" (1994).
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from cleanplate.fill.frame import WorkFrame
from cleanplate.fill.geometry import (
    affine3,
    fit_camera,
    half_motion,
    pixel_grid,
    warp_map,
    whole_motion,
)

#: Error, in grey levels, given to what no neighbouring frame shows.
UNEXPLAINED = 20.0
#: Steps of a grey level in which such errors are kept: at most 40 of them fit into a byte.
PACKED = 6
#: Pixels, at the half resolution, by which flow there and back may miss its start.
_CLOSED = 0.7
#: Pixels across, below which a picture halved holds too few of the flow's patches.
_HALVED = 64
#: Motion that differs from the camera's by less than this, at the half resolution, is the camera's.
_DIFFERENT = 0.5


@dataclass
class Step:
    """Motion from one frame to the next.

    Attributes:
        camera: float64 (3, 3), the camera's plane motion.
        other: float64 (2, 3) or None: a further affine motion that something near the hole has,
            applied before the camera's.
        support: samples that agree with `other`.
    """

    camera: np.ndarray
    other: np.ndarray | None
    support: int


def dense_flow(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Dense inverse search flow (Kroeger et al., 2016) from grey uint8 `a` to `b`.

    Between OpenCV's fast and medium presets: as exact as medium here, at a quarter of its cost.
    """
    return _inverse_search(a, b, 12)


def coarse_flow(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """`dense_flow` at half the resolution of the pictures, where they are large enough for that:
    it costs a quarter, and follows less noise."""
    return dense_flow(a, b) if min(a.shape) < _HALVED else _inverse_search(a, b, 6, finest=1)


def _inverse_search(a: np.ndarray, b: np.ndarray, iterations: int, finest: int = 0) -> np.ndarray:
    if min(a.shape) < 24:  # too small for the flow's patches; such frames hardly move
        return np.zeros((*a.shape, 2), np.float32)
    # A fresh object per call: they are not safe to share between threads, and cost nothing.
    flow = cv2.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_FAST)
    flow.setFinestScale(finest)
    flow.setGradientDescentIterations(iterations)
    flow.setVariationalRefinementIterations(0)
    return flow.calc(np.ascontiguousarray(a), np.ascontiguousarray(b), None)


def measure_step(a: WorkFrame, b: WorkFrame) -> Step:
    """Motion from frame `a` to the next frame `b`."""
    forward = dense_flow(a.gray, b.gray)
    backward = dense_flow(b.gray, a.gray)
    height, width = a.gray.shape
    grid = pixel_grid((0, height, 0, width))
    back = cv2.remap(
        backward, grid + forward, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT,
        borderValue=(1e3, 1e3),
    )  # fmt: skip
    missed = np.abs(forward + back)
    trusted = (missed[..., 0] + missed[..., 1] < _CLOSED) & ~a.near_gray
    camera = fit_camera(forward, trusted)
    if camera is None:
        camera = np.eye(3)
    other, support = None, 0
    if a.box is not None:
        residual = forward - (warp_map(camera, (0, height, 0, width)) - grid)
        other, support = _fit_other(residual, trusted, a.near_gray)
    return Step(whole_motion(camera), other, support)


def _fit_other(
    residual: np.ndarray, trusted: np.ndarray, hole: np.ndarray
) -> tuple[np.ndarray | None, int]:
    """The affine motion that most of what leaves the camera's motion near the hole agrees with.

    Args:
        residual: float32 (h, w, 2), in pixels of the half resolution, like all that follows.
        trusted: bool (h, w), where it may be believed.
        hole: bool (h, w).

    Returns:
        float64 (2, 3) in working pixels, and how many samples agree.
    """
    reach = 0.16 * hole.shape[1]
    distance = cv2.distanceTransform((~hole).astype(np.uint8), cv2.DIST_L2, 3)
    apart = np.abs(residual)
    moving = trusted & (distance < reach) & (np.maximum(apart[..., 0], apart[..., 1]) > _DIFFERENT)
    ys, xs = np.nonzero(moving)
    if xs.size < 25:
        return None, 0
    start = np.stack([xs, ys], 1).astype(np.float32)
    matrix, inliers = cv2.estimateAffine2D(
        start, start + residual[ys, xs], ransacReprojThreshold=0.4, maxIters=300, confidence=0.99
    )
    if matrix is None or int(inliers.sum()) < 20:
        return None, 0
    return whole_motion(affine3(matrix))[:2], int(inliers.sum())


def settle_other(steps: list[Step | None], middle: int) -> np.ndarray | None:
    """The second layer's step at `middle`, averaged over its neighbours by their support.

    Args:
        steps: consecutive steps, None beyond the ends of the shot.
        middle: position in `steps` of the step wanted.

    Returns:
        float64 (3, 3), camera included, or None where no neighbour has a second motion.
    """
    total, mass = np.zeros((2, 3)), 0.0
    for i, step in enumerate(steps):
        if step is not None and step.other is not None:
            weight = step.support * np.exp(-0.5 * (i - middle) ** 2)
            total += weight * step.other
            mass += weight
    if mass <= 0.0:
        return None
    return steps[middle].camera @ affine3(total / mass)


class Chain:
    """Plane motions between any two frames of a window, for one layer."""

    def __init__(self, first: int, steps: list[np.ndarray]) -> None:
        """`steps[i]` takes frame `first + i` to the next."""
        self._first = first
        self._to = [np.eye(3)]
        for step in steps:
            moved = step @ self._to[-1]
            self._to.append(moved / moved[2, 2])

    def between(self, source: int, target: int) -> np.ndarray:
        """The motion that takes a pixel of frame `source` to frame `target`."""
        a, b = self._to[source - self._first], self._to[target - self._first]
        moved = b @ np.linalg.inv(a)
        return moved / moved[2, 2]


def explain(frame: WorkFrame, neighbours: list[tuple[int, WorkFrame, np.ndarray]]) -> np.ndarray:
    """How badly a layer's motion predicts each seen pixel of a frame from the frames beside it.

    The better of before and after counts, since what is hidden on one side shows on the other.

    Args:
        frame: the frame asked about.
        neighbours: (offset, frame, motion from `frame` to it) for offsets -2..2 without 0.

    Returns:
        float32, like `frame.gray`: mean absolute grey difference over 3x3 pixels, at most 40.
    """
    height, width = frame.gray.shape
    best = np.full((height, width), np.inf, np.float32)
    warped = {}
    for offset, other, motion in neighbours:
        grid = warp_map(half_motion(motion), (0, height, 0, width))
        picture = cv2.remap(
            other.gray, grid, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
        )
        hidden = cv2.remap(
            other.near_gray.view(np.uint8), grid, None, cv2.INTER_NEAREST,
            borderMode=cv2.BORDER_CONSTANT, borderValue=1,
        )  # fmt: skip
        seen = ((hidden == 0) & ~frame.near_gray).astype(np.float32)
        error = np.minimum(cv2.absdiff(picture, frame.gray), 40).astype(np.float32) * seen
        error, mass = cv2.blur(error, (3, 3)), cv2.blur(seen, (3, 3))
        known = mass > 0.1
        warped[offset] = np.where(known, error / np.maximum(mass, 1e-3), 0.0), known
    for side in (-1, 1):
        ones = [pair for offset, pair in warped.items() if offset * side > 0]
        if not ones:
            continue
        total = sum(error for error, _ in ones)
        count = sum(known.astype(np.float32) for _, known in ones)
        best = np.where(count > 0, np.minimum(best, total / np.maximum(count, 1)), best)
    return np.where(np.isfinite(best), best, UNEXPLAINED).astype(np.float32)
