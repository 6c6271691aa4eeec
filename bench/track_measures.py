"""J and F as DAVIS defines them.

Perazzi et al., "A Benchmark Dataset and Evaluation Methodology for Video Object Segmentation",
CVPR 2016; the boundary's tolerance and the frames that count as in the 2017 challenge's evaluation:
the first frame is given and the last one was never annotated by the organisers' own rule, so
neither is scored.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

_TOLERANCE = 0.008  # of the picture's diagonal


def region(truth: np.ndarray, found: np.ndarray) -> float:
    """J: intersection over union of two masks, bool (h, w); 1 when both are empty.

    >>> region(np.eye(2, dtype=bool), np.ones((2, 2), bool))
    0.5
    """
    union = np.count_nonzero(truth | found)
    return np.count_nonzero(truth & found) / union if union else 1.0


def boundary(truth: np.ndarray, found: np.ndarray, radius: int | None = None) -> float:
    """F: harmonic mean of the precision and recall of the mask's outline, bool (h, w) both.

    An outline pixel is matched when the other outline runs within 0.8% of the diagonal, or within
    `radius` pixels where that is given.

    >>> boundary(np.eye(9, dtype=bool), np.eye(9, dtype=bool))
    1.0
    """
    if radius is None:
        radius = int(np.ceil(_TOLERANCE * np.linalg.norm(truth.shape)))
    lines = outline(truth), outline(found)
    counts = [int(np.count_nonzero(line)) for line in lines]
    if not all(counts):
        return float(counts[0] == counts[1])
    near = [cv2.dilate(line.astype(np.uint8), _disc(radius)) > 0 for line in lines]
    recall = np.count_nonzero(lines[0] & near[1]) / counts[0]
    precision = np.count_nonzero(lines[1] & near[0]) / counts[1]
    total = precision + recall
    return 2 * precision * recall / total if total else 0.0


def outline(mask: np.ndarray) -> np.ndarray:
    """The pixels whose right, lower or lower right neighbour is on the other side; bool (h, w).

    Half a pixel towards the origin, as Martin's `seg2bmap` has it.
    """
    line = np.zeros_like(mask)
    line[:, :-1] |= mask[:, :-1] ^ mask[:, 1:]
    line[:-1] |= mask[:-1] ^ mask[1:]
    line[:-1, :-1] |= mask[:-1, :-1] ^ mask[1:, 1:]
    return line


def clip_scores(
    truth: Sequence[np.ndarray], found: Sequence[np.ndarray]
) -> tuple[list[float], list[float]]:
    """J and F of every frame but the first and the last."""
    pairs = list(zip(truth, found, strict=True))[1:-1]
    return [region(*pair) for pair in pairs], [boundary(*pair) for pair in pairs]


def _disc(radius: int) -> np.ndarray:
    y, x = np.mgrid[-radius : radius + 1, -radius : radius + 1]
    return (x * x + y * y <= radius * radius).astype(np.uint8)
