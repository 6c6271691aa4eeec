"""A registered temporal median: strong and cheap where the camera is still or turning.

Every frame within `REACH` is brought onto this one by a homography fitted to SIFT matches outside
the holes; a hole pixel becomes the median of what was really seen there, and Telea fills the rest.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from bench.methods import telea

REACH = 30  # frames on either side
FEATURES = 1000  # per frame
RATIO = 0.8  # Lowe's ratio test
RANSAC_ERROR = 2.0  # pixels
MIN_INLIERS = 12
HOLE_MARGIN = 2  # pixels kept away from other frames' holes, where the removed object bleeds in
SEED = 1


@dataclass(frozen=True)
class Features:
    """Key points `(n, 2)` in pixels and their SIFT descriptors `(n, 128)`."""

    points: np.ndarray
    descriptors: np.ndarray | None


def find_features(frame: np.ndarray, hole: np.ndarray) -> Features:
    """SIFT features of a frame that do not touch its hole."""
    kernel = np.ones((9, 9), np.uint8)
    allowed = cv2.dilate(hole.astype(np.uint8), kernel) == 0
    sift = cv2.SIFT_create(nfeatures=FEATURES, contrastThreshold=0.02)
    gray = cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY)
    points, descriptors = sift.detectAndCompute(gray, allowed.astype(np.uint8) * 255)
    return Features(np.array([p.pt for p in points], np.float32).reshape(-1, 2), descriptors)


def find_homography(here: Features, there: Features) -> np.ndarray | None:
    """The homography `(3, 3)` from pixels here to pixels there, or None without enough support."""
    if here.descriptors is None or there.descriptors is None or len(there.points) < 2:
        return None
    matches = cv2.BFMatcher(cv2.NORM_L2).knnMatch(here.descriptors, there.descriptors, k=2)
    good = [m[0] for m in matches if m[0].distance < RATIO * m[1].distance]
    if len(good) < MIN_INLIERS:
        return None
    source = here.points[[m.queryIdx for m in good]]
    target = there.points[[m.trainIdx for m in good]]
    cv2.setRNGSeed(SEED)
    homography, inliers = cv2.findHomography(source, target, cv2.RANSAC, RANSAC_ERROR)
    if homography is None or int(inliers.sum()) < MIN_INLIERS:
        return None
    return homography


def sample_seen(
    frame: np.ndarray, seen: np.ndarray, homography: np.ndarray, pixels: np.ndarray
) -> np.ndarray:
    """Colours `(n, 3)` of `pixels` `(n, 2)` carried into `frame`; NaN where nothing was seen."""
    there = cv2.perspectiveTransform(pixels[None].astype(np.float64), homography)[0]
    there = there.astype(np.float32)
    # OpenCV's remap takes at most 32767 rows of a map, so a long list of points is folded.
    folded = _fold(there)
    colours = cv2.remap(frame, folded, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    valid = cv2.remap(seen, folded, None, cv2.INTER_NEAREST, borderValue=0)
    samples = colours.reshape(-1, 3)[: len(pixels)].astype(np.float32)
    samples[valid.reshape(-1)[: len(pixels)] == 0] = np.nan
    return samples


def _fold(points: np.ndarray, width: int = 256) -> np.ndarray:
    rows = -(-len(points) // width)
    folded = np.full((rows * width, 2), -1, np.float32)
    folded[: len(points)] = points
    return folded.reshape(rows, width, 2)


def _median_of_seen(stack: np.ndarray) -> np.ndarray:
    """Median over the first axis of `(k, n, 3)`, ignoring NaN; NaN where nothing is left."""
    ordered = np.sort(stack, axis=0)  # NaN sorts last
    count = (~np.isnan(stack)).sum(axis=0)
    low = np.maximum(count - 1, 0) // 2
    high = np.minimum(count // 2, len(stack) - 1)
    pick = np.take_along_axis
    middle = (pick(ordered, low[None], 0)[0] + pick(ordered, high[None], 0)[0]) / 2
    return np.where(count > 0, middle, np.nan)


def fill(frames: Sequence[np.ndarray], holes: Sequence[np.ndarray]) -> list[np.ndarray]:
    size = 2 * HOLE_MARGIN + 1
    kernel = np.ones((size, size), np.uint8)
    seen = [(cv2.dilate(h.astype(np.uint8), kernel) == 0).astype(np.uint8) for h in holes]
    features = [find_features(f, h) for f, h in zip(frames, holes, strict=True)]
    homographies: dict[tuple[int, int], np.ndarray | None] = {}
    results = []
    for t, (frame, hole) in enumerate(zip(frames, holes, strict=True)):
        rest = hole.copy()
        result = frame.copy()
        if hole.any():
            rows, columns = np.nonzero(hole)
            pixels = np.stack([columns, rows], axis=1)
            stack = []
            for s in range(max(0, t - REACH), min(len(frames), t + REACH + 1)):
                if s == t:
                    continue
                if (s, t) in homographies:
                    back = homographies.pop((s, t))
                    homography = None if back is None else np.linalg.inv(back)
                else:
                    homography = find_homography(features[t], features[s])
                    homographies[t, s] = homography
                if homography is not None:
                    stack.append(sample_seen(frames[s], seen[s], homography, pixels))
            if stack:
                middle = _median_of_seen(np.stack(stack))
                known = ~np.isnan(middle[:, 0])
                result[rows[known], columns[known]] = np.rint(middle[known]).astype(np.uint8)
                rest[rows[known], columns[known]] = False
        results.append(telea.fill([result], [rest])[0] if rest.any() else result)
    return results
