"""Boxes as arrays: float (n, 4), x0, y0, x1, y1 in pixels."""

from __future__ import annotations

import numpy as np


def area(boxes: np.ndarray) -> np.ndarray:
    """The area of each box, (n,); 0 for one that is inside out."""
    size = np.clip(boxes[..., 2:] - boxes[..., :2], 0, None)
    return size[..., 0] * size[..., 1]


def overlap(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """The area that each box of `a` (n, 4) shares with each of `b` (m, 4): (n, m)."""
    low = np.maximum(a[:, None, :2], b[None, :, :2])
    high = np.minimum(a[:, None, 2:], b[None, :, 2:])
    size = np.clip(high - low, 0, None)
    return size[..., 0] * size[..., 1]


def iou(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Intersection over union of each box of `a` (n, 4) with each of `b` (m, 4): (n, m)."""
    shared = overlap(a, b)
    union = area(a)[:, None] + area(b)[None] - shared
    return shared / np.maximum(union, 1e-9)


def suppress(boxes: np.ndarray, scores: np.ndarray, limit: float) -> np.ndarray:
    """Greedy non-maximum suppression: the indices kept, best first.

    A box is dropped when its IoU with a better one is above `limit`.
    """
    order = np.argsort(-scores, kind="stable")
    overlaps = iou(boxes, boxes)
    kept: list[int] = []
    for i in order:
        if not kept or overlaps[i, kept].max() <= limit:
            kept.append(int(i))
    return np.array(kept, int)


def grown(boxes: np.ndarray, share: float) -> np.ndarray:
    """The boxes moved outwards on every side by a share of their width and height."""
    by = (boxes[..., 2:] - boxes[..., :2]) * share
    return np.concatenate([boxes[..., :2] - by, boxes[..., 2:] + by], -1)


def clip(boxes: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """The boxes cut to a frame of `shape` (height, width)."""
    height, width = shape
    return np.clip(boxes, 0, np.array([width, height, width, height], boxes.dtype))


def of_mask(mask: np.ndarray) -> tuple[int, int, int, int] | None:
    """The smallest box around a mask, bool (h, w), or None when it is empty."""
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    if not len(rows):
        return None
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1
